import { beforeAll, describe, expect, it } from 'vitest'
import { certificates } from '../support/certificates.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { hasMosquittoClients } from '../support/mosquitto-clients.ts'
import { findProgram } from '../support/program.ts'
import { argumentsIn, expectUsable } from '../support/shell-words.ts'
import { shellLines } from './readme/lines.ts'
import { runLine } from './readme/run-line.ts'

/** Lines whose options are checked, but which are not run here, and why. */
const onlyParsed: readonly (readonly [RegExp, string])[] = [
  [/^tmqtt bench (?!compare)/, 'loads a broker for ten seconds and more'],
]

/** Lines that are neither run nor parsed here, and why. */
const left: readonly (readonly [RegExp, string])[] = [
  [/^npm (ci|install|link|pack|run)\b/, 'installs or builds; demo, package and executable have tests of their own'],
  [/^#!\/bin\/sh\n# A tick-tock worker/, 'test/programs/tick-tock.test.ts runs it from its file'],
  [/^parallel /, 'bench-readme.test.ts runs it with what follows it'],
  [/kubectl/, 'wants a cluster'],
]

const lines = shellLines()
const isAmong = (list: typeof left, text: string) => list.some(([pattern]) => pattern.test(text))
const parsed = lines.filter(({ text }) => isAmong(onlyParsed, text))
const run = lines.filter(({ text }) => !isAmong(onlyParsed, text) && !isAmong(left, text))

describe('what the README has for a shell', () => {
  it.each([...onlyParsed, ...left])('has a line like %s', (pattern) => {
    expect(lines.some(({ text }) => pattern.test(text))).toBe(true)
  })

  it.each(parsed)('line $number is right: $text', async ({ text }) => {
    const commands = argumentsIn(text)
    expect(commands.length).toBeGreaterThan(0)
    for (const argv of commands) await expectUsable(argv)
  })

  describe.skipIf(!hasMosquitto || !hasMosquittoClients || findProgram('jq') === undefined)('run', () => {
    const failures = new Map<string, unknown>()
    // Several at a time: they mostly wait for each other's processes.
    beforeAll(async () => {
      await certificates()
      const queue = run.values()
      const runNext = async () => {
        for (const { text } of queue) await runLine(text).catch((error: unknown) => failures.set(text, error))
      }
      await Promise.all([runNext(), runNext(), runNext()])
    }, 120_000)

    it.each(run)('line $number works: $text', ({ text }) => {
      if (failures.has(text)) throw failures.get(text)
    })
  })
})
