import { UsageError } from '../errors.ts'
import { configurationOptions, mosquittoFileOptions } from './configuration.ts'
import { didYouMean } from './nearest.ts'
import { isFlag, type OptionTable } from './option.ts'
import type { Source } from './resolve.ts'
import { namesOf } from './words.ts'

/**
 * Reads what `mosquitto_pub` and its like read from their file: an option a line, exactly one space, and the rest of
 * the line as its value, blanks and all. `#` starts a comment only as the first character.
 *
 * @throws UsageError that names the line.
 */
export function mosquittoFileSource(text: string, path: string, table: OptionTable): Source {
  const names = namesOf(table)
  const texts = new Map<string, string[]>()
  const places = new Map<string, string[]>()
  text.split('\n').forEach((raw, index) => {
    const line = raw.replace(/\r+$/, '').replace(/^ +/, '')
    if (line === '' || raw.startsWith('#')) return
    const space = line.indexOf(' ')
    const name = space < 0 ? line : line.slice(0, space)
    const value = space < 0 ? '' : line.slice(space + 1)
    const place = `${path} line ${index + 1}`
    const key = names.get(name)
    if (key === undefined) throw unknown(place, name, names, table)
    // mosquitto's clients take no notice of -o there, since the file is found before it is read.
    if (Object.hasOwn(mosquittoFileOptions, key)) return
    if (Object.hasOwn(configurationOptions, key)) throw new UsageError(`${place}: ${name} has no effect here`)
    const option = table[key]!
    if (isFlag(option) && value !== '') throw new UsageError(`${place}: ${name} takes no value`)
    if (!isFlag(option) && value === '') {
      throw new UsageError(`${place}: ${name} needs a value: ${option.kind.expected}`)
    }
    texts.set(key, [...(texts.get(key) ?? []), isFlag(option) ? 'true' : value])
    places.set(key, [...(places.get(key) ?? []), `${place}: ${name}`])
  })
  return { texts, nameOf: (key, index = -1) => places.get(key)!.at(index)! }
}

function unknown(place: string, name: string, names: ReadonlyMap<string, string>, table: OptionTable): UsageError {
  if (!name.startsWith('-')) return new UsageError(`${place}: expected an option, such as -h example.org`)
  // What is behind it may be a password.
  const [option = name] = /^--[^=]+|^-[^-]/.exec(name) ?? []
  const key = names.get(option)
  if (key !== undefined)
    return new UsageError(
      `${place}: ${option} ${isFlag(table[key]!) ? 'takes no value' : 'needs a blank before its value'}`,
    )
  return new UsageError(`${place}: unknown option ${option}${didYouMean(option, [...names.keys()])}`)
}
