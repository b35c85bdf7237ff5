import type { UsageError } from '../errors.ts'
import { configurationOptions, mosquittoFileOptions } from './configuration.ts'
import { longName, type Option, type OptionTable } from './option.ts'
import { replacedBy, type SecretReference, type Source, settle, sift } from './resolve.ts'
import { masked } from './secret.ts'

/** The value of an option before anything is typed, and where it comes from. */
export interface Setting {
  /** Long name. */
  readonly option: string
  /** Secrets are masked. */
  readonly values: readonly string[]
  readonly source: string
  /** The commands for which it is so. */
  readonly commands: readonly string[]
}

/** A command with its sources, each with what to call it when it gives an option. */
export interface Configured {
  readonly name: string
  readonly options: OptionTable
  /** Highest precedence first. */
  readonly sources: readonly { readonly source: Source; labelOf(key: string): string }[]
  /** Its defaults are left out, and only what is given is told. */
  readonly withoutDefaults?: boolean
}

/**
 * The settings of several commands, those that are the same for some of them once.
 *
 * @throws UsageError for a text that none of the commands can take.
 */
export function settingsOf(commands: readonly Configured[]): readonly Setting[] {
  const settings = new Map<string, Setting>()
  const refused = new Map<string, UsageError>()
  const taken = new Set<string>()
  for (const { name, options, sources, withoutDefaults = false } of commands) {
    const sifted = sources.map(({ source }) => sift(options, source))
    for (const { fit, refused: errors } of sifted) {
      for (const [key, error] of errors) refused.set(fit.nameOf(key), error)
      for (const key of fit.texts.keys()) if (Object.hasOwn(options, key)) taken.add(fit.nameOf(key))
    }
    const fits = sifted.map(({ fit }) => fit)
    const given = settle(options, fits)
    const replaced = new Set([...given].flatMap(([key, { value }]) => replacedBy(options[key]!, value)))
    for (const [key, option] of Object.entries(options)) {
      if (Object.hasOwn(configurationOptions, key) || Object.hasOwn(mosquittoFileOptions, key)) continue
      const one = given.get(key)
      const shownDefault = option.defaultText ?? option.default
      if (one === undefined && (withoutDefaults || shownDefault === undefined || replaced.has(key))) continue
      const values = one?.texts.map((text) => shown(option, text)) ?? [String(shownDefault)]
      const source =
        one === undefined ? 'default' : sources[fits.indexOf(one.source)]!.labelOf(key) + elsewhere(one.texts)
      const id = JSON.stringify([key, values, source])
      settings.set(id, {
        option: longName(key),
        values,
        source,
        commands: [...(settings.get(id)?.commands ?? []), name],
      })
    }
  }
  for (const [name, error] of refused) if (!taken.has(name)) throw error
  const names = [...settings.values()].map(({ option }) => option)
  return [...settings.values()].sort((one, other) => names.indexOf(one.option) - names.indexOf(other.option))
}

function shown(option: Option, text: string | SecretReference): string {
  return typeof text === 'string' ? masked(option, text) : '***'
}

/** Of a program only its name: a secret may be in its arguments. */
function elsewhere(texts: readonly (string | SecretReference)[]): string {
  const places = texts.flatMap((text) => {
    if (typeof text === 'string') return []
    if ('env' in text) return [`variable ${text.env}`]
    return 'file' in text ? [`file ${text.file}`] : [`command ${text.command[0]}`]
  })
  return places.map((place) => `, ${place}`).join('')
}
