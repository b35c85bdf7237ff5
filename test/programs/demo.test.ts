import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { atEndOfTest } from '../support/clean-up.ts'
import { bareEnvironment } from '../support/environment.ts'
import { type Program, startProgram } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const script = fileURLToPath(new URL('demo.mjs', import.meta.url))

describe('npm run demo', () => {
  // Time is its subject: it shows ticks and tocks for five seconds.
  it('shows the command lines, ticks and the tocks of two workers, and ends by itself', async () => {
    const { demo, leftOver } = startDemo()
    expect(await demo.exited).toEqual({ code: 0, signal: null })
    expect(demo.stderr).toBe('')
    const lines = demo.stdout.toString().split('\n')
    expect(lines.filter((line) => line.startsWith('$ '))).toEqual([
      '$ tmqtt broker -p 0 &',
      expect.stringMatching(/^\$ export TMQTT_HOST=127\.0\.0\.1 TMQTT_PORT=\d+$/),
      '$ test/programs/worker.sh &',
      '$ test/programs/worker.sh &',
      "$ tmqtt sub -t 'tock/#' -t tick -v &",
      '$ while true; do echo tick; sleep 1; done | tmqtt pub -l -t tick &',
      '$ tmqtt pub -t control/all -m halt',
    ])
    expect(lines.filter((line) => line === 'tick tick').length).toBeGreaterThanOrEqual(5)
    const tocks = lines.filter((line) => /^tock\/(\d+) \1 \d+$/.test(line))
    expect(tocks.length).toBeGreaterThanOrEqual(8)
    expect(new Set(tocks.map((line) => line.split(' ')[0])).size).toBe(2)
    expect(leftOver()).toEqual([])
  })

  it('leaves nothing behind after Ctrl-C', async () => {
    const { demo, leftOver } = startDemo()
    await demo.waitForStdout(/^tock\//m)
    demo.kill('SIGINT')
    // Its pipes are closed only when the last process that it has started is gone.
    expect(await demo.exited).toEqual({ code: 130, signal: null })
    expect(demo.stderr).toBe('')
    expect(leftOver()).toEqual([])
  })
})

function startDemo(): { demo: Program; leftOver: () => string[] } {
  const directory = temporaryDirectory()
  const env = bareEnvironment({ HOME: directory.path, TMPDIR: directory.path })
  const demo = startProgram(process.execPath, [script], { env })
  atEndOfTest(async () => {
    demo.kill('SIGTERM')
    await demo.exited
  })
  return { demo, leftOver: () => readdirSync(directory.path) }
}
