import { describe, expect, it } from 'vitest'
import { startFaultyBroker } from '../support/faulty-broker.ts'
import { spawnShell } from '../support/spawn.ts'

describe.skipIf(process.platform !== 'linux')('bench on a machine that allows few open files', () => {
  it('says so before it connects, and blames it for what has failed', async () => {
    await using broker = await startFaultyBroker()
    const load = `-h 127.0.0.1 -p ${broker.port} --clients 100 --min-connected 1% --duration 200ms`
    const bench = spawnShell(`ulimit -n 50; exec tmqtt bench conn ${load}`)
    expect((await bench.exited).code).toBe(0)
    expect(bench.stderr).toMatch(
      /^tmqtt bench conn: 100 clients need about \d+ open files, and 50 are allowed: raise the limit \(ulimit -n \d+\)\n$/,
    )
    const report = bench.stdout.toString()
    expect(report).toMatch(
      /^The generator was the limit, not the broker: \d+ connections failed since this machine ran out of open files: raise the limit \(ulimit -n\)/,
    )
    const [, connected, failed] = /intended 100 = connected (\d+) \+ failed (\d+)/.exec(report)!
    expect(Number(connected)).toBeGreaterThan(0)
    expect(Number(failed)).toBe(100 - Number(connected))
  })
})
