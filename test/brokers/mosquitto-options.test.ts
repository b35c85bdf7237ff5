import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { loadCommands } from '../../src/commands/index.ts'
import { namesOf } from '../../src/options/words.ts'
import { hasMosquittoClients } from '../support/mosquitto-clients.ts'

const commands = await loadCommands()

/** Every option that the installed program's help names, wherever it does. */
function optionsOf(program: string): string[] {
  let text = ''
  try {
    text = execFileSync(program, ['--help'], { encoding: 'utf8' })
  } catch (error) {
    // It ends with 1.
    text = (error as { stdout: string }).stdout
  }
  const listed = [...text.matchAll(/^ (--?[A-Za-z][\w-]*)(?:, (--?[A-Za-z][\w-]*))? :/gm)].flatMap(
    ([, ...names]) => names,
  )
  const used = [...text.matchAll(/[[{| ](--?[A-Za-z][\w-]*)/g)].map(([, name]) => name)
  return [...new Set([...listed, ...used])].filter((name): name is string => name !== undefined && name !== '--help')
}

describe.skipIf(!hasMosquittoClients)('every option of the installed client', () => {
  it.each(['pub', 'sub', 'rr'])('mosquitto_%s is one of tmqtt', (name) => {
    const options = optionsOf(`mosquitto_${name}`)
    expect(options.length).toBeGreaterThan(40)
    const known = namesOf(commands.find((each) => each.name === name)!.options)
    expect(options.filter((option) => !known.has(option))).toEqual([])
  })
})
