import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { knownAedes, knownMosquitto } from '../brokers/known-broker.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { bareEnvironment } from '../support/environment.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { type Program, startProgram } from '../support/program.ts'
import { expected } from './updates.ts'

const lines = [...expected, "[nobody's] Paris update for topic europe/france/paris"].sort()
const done = { code: 0, signal: null }

/** Runs a program that imports the package by its name, as it is built. */
function startExample(name: string, ...args: readonly string[]): Program {
  const path = fileURLToPath(new URL(name, import.meta.url))
  const program = startProgram(process.execPath, [path, ...args], { env: bareEnvironment() })
  atEndOfTest(program.stop)
  return program
}

describe.each([
  { name: 'aedes', available: true, start: knownAedes },
  { name: 'mosquitto', available: hasMosquitto, start: knownMosquitto },
])('a program with the library, on $name', ({ available, start }) => {
  it.skipIf(!available)('hello world: one message from a publisher to a subscriber, then both leave', async () => {
    const { url } = await start()
    const program = startExample('hello-world.mjs', url)
    expect(await program.exited, program.stderr).toEqual(done)
    expect([program.stdout.toString(), program.stderr]).toEqual(['Hello, world!\n', ''])
  })

  it.skipIf(!available)('one to many: joe, aaron and bob each receive every score, in order', async () => {
    const { url } = await start()
    const program = startExample('one-to-many.mjs', url)
    expect(await program.exited, program.stderr).toEqual(done)
    const lines = program.stdout.toString().trimEnd().split('\n')
    for (const name of ['joe', 'aaron', 'bob']) {
      expect(lines.filter((line) => line.includes(` ${name} `))).toEqual([
        `[consumer] ${name} received BOS 101, NYK 89`,
        `[consumer] ${name} received ORL 85, ALT 88`,
      ])
    }
    expect([lines.length, program.stderr]).toEqual([6, ''])
  })
})

describe.each([
  { name: 'aedes', version: '3.1.1', available: true, start: knownAedes },
  { name: 'mosquitto', version: '3.1.1', available: hasMosquitto, start: knownMosquitto },
  { name: 'mosquitto', version: '5', available: hasMosquitto, start: knownMosquitto },
])('many to many with the library, on $name with MQTT $version', ({ version, available, start }) => {
  it.skipIf(!available)('calls each handler for what its filter matches, and one for what has no handler', async () => {
    const { url } = await start()
    const program = startExample('many-to-many.mjs', url, version)
    const printed: string[] = []
    while (printed.length < lines.length) printed.push(await program.nextLine())
    expect(printed.sort()).toEqual(lines)
    program.kill('SIGINT')
    expect(await program.exited).toEqual(done)
    expect(program.stdout.toString().trimEnd().split('\n').length).toBe(lines.length)
  })
})
