import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { startFaultyBroker } from '../support/faulty-broker.ts'
import { spawnShell } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

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

/** In a network of its own, with eight ports to connect from. */
const fewPorts = 'ip link set lo up && echo 40000 40007 >/proc/sys/net/ipv4/ip_local_port_range'
const canHaveFewPorts = spawnSync('unshare', ['-n', 'sh', '-c', fewPorts]).status === 0

describe.skipIf(!canHaveFewPorts)('bench on a machine that has few local ports', () => {
  it.each(['', '--bind 127.0.0.1'])('blames it for what has failed: %s', async (bind) => {
    const load = `-h 127.0.0.1 -p 7883 --clients 20 --min-connected 1% --duration 200ms ${bind}`
    const url = temporaryDirectory().file('url')
    const inside = `${fewPorts}
      tmqtt broker -p 7883 >${url} & broker=$!
      until [ -s ${url} ]; do sleep 0.1; done
      tmqtt bench conn ${load}; echo "status $?"
      kill $broker; wait`
    const bench = spawnShell(`unshare -n sh -c '${inside}'`)
    expect((await bench.exited).code).toBe(0)
    const report = bench.stdout.toString()
    expect(report).toMatch(
      /^The generator was the limit, not the broker: \d+ connections failed since this machine ran out of local ports: .*--bind/,
    )
    expect(report).toContain('failed: no local address or port is free to connect from')
    expect(report).toContain('status 0\n')
  })
})
