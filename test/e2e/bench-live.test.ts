import { describe, expect, it } from 'vitest'
import { knownAedes } from '../brokers/known-broker.ts'
import { hasScript, spawnInTerminal, spawnTmqtt } from '../support/spawn.ts'

const flow = (port: number, ...args: string[]) => [
  'bench',
  'flow',
  '-p',
  String(port),
  '--settle',
  '0',
  '--warmup',
  '0',
  '--interval',
  '100ms',
  ...args,
]

/** What stands on each line of the screen in the end: of what was written over, the last. */
function shownLines(screen: string): string[] {
  return screen.split('\r\n').map((line) => withoutEscapes(line.split('\x1b[0K').at(-1)!))
}

function withoutEscapes(text: string): string {
  return text.replaceAll(/\x1b\[[\d;?]*[A-Za-z]/g, '')
}

describe.skipIf(!hasScript)('bench on a terminal', () => {
  it('has a line with rates and a histogram, which gives way to the report', async () => {
    const broker = await knownAedes()
    const bench = spawnInTerminal(flow(broker.port, '--duration', '1s'), { columns: 80, rows: 24 })
    await bench.waitForStdout(/measure [\d.]+ of 1 s: [\d,]+\/s out, [\d,]+\/s in [▁▂▃▄▅▆▇█ ]{10} P50 /)
    expect((await bench.exited).code).toBe(0)
    const lines = shownLines(bench.stdout.toString())
    expect(lines[0]).toMatch(/^(tmqtt bench flow: 10 publishers|The generator was the limit)/)
    expect(lines.join('\n')).not.toMatch(/measure [\d.]+ of/)
  })

  it('ends cleanly by Ctrl-C, with the report of what was measured and exit status 130', async () => {
    const broker = await knownAedes()
    const bench = spawnInTerminal(flow(broker.port, '--duration', '1h'), { columns: 80, rows: 24 })
    await bench.waitForStdout(/measure [\d.]+ of 3600 s: .* P50 /)
    bench.stdin.write('\x03')
    expect((await bench.exited).code).toBe(130)
    const screen = bench.stdout.toString()
    const lines = shownLines(screen)
    expect(lines).toContain('Not the whole run: interrupted')
    expect(lines.join('\n')).toMatch(/\n {2}expected [\d,]+ = received [\d,]+ \+ lost 0\n/)
    expect(lines.join('\n')).not.toMatch(/measure [\d.]+ of/)
    expect(screen).not.toContain('\x1b[?25l')
  })

  it('fits its line into a narrow terminal', async () => {
    const broker = await knownAedes()
    const bench = spawnInTerminal(flow(broker.port, '--duration', '1s'), { columns: 30, rows: 24 })
    await bench.waitForStdout(/measure [\d.]+ of 1 s: /)
    expect((await bench.exited).code).toBe(0)
    const written = bench.stdout.toString().split('\x1b[0K').map(withoutEscapes)
    const live = written.filter((text) => /(connect|measure) [\d.]+/.test(text)).map((text) => text.split('\r\n')[0]!)
    expect(live.length).toBeGreaterThan(2)
    expect(Math.max(...live.map((text) => text.length))).toBeLessThan(30)
  })
})

describe('bench without a terminal', () => {
  it('says nothing on stderr', async () => {
    const broker = await knownAedes()
    const bench = spawnTmqtt(flow(broker.port, '--duration', '500ms'))
    expect(await bench.exited).toEqual({ code: 0, signal: null })
    expect(bench.stderr).toBe('')
  })

  it('prints a line for each interval with --progress', async () => {
    const broker = await knownAedes()
    const bench = spawnTmqtt(flow(broker.port, '--duration', '500ms', '--progress'))
    expect(await bench.exited).toEqual({ code: 0, signal: null })
    const lines = bench.stderr.split('\n').slice(0, -1)
    expect(
      lines.filter((line) => /^measure [\d.]+ of 0\.5 s: .*\/s out, .*\/s in .{10} P50 /.test(line)).length,
    ).toBeGreaterThanOrEqual(4)
    expect(lines.every((line) => /^(connect|settle|measure|drain) /.test(line))).toBe(true)
    expect(bench.stderr).not.toContain('\x1b')
  })
})
