import { describe, expect, it } from 'vitest'
import { type Supply, supplyOf } from '../../src/bench/machine.ts'
import { shortagesOf } from '../../src/bench/shortages.ts'
import { planFor } from './plan-for.ts'

const plenty: Supply = { files: 1_000_000, filesInUse: 25, ports: 28_232 }

describe('what a machine is short of', () => {
  it('is nothing where there is enough, or nobody knows', () => {
    expect(shortagesOf(planFor(1883, { idle: 28_232 }), plenty)).toEqual([])
    const unknown = { files: undefined, filesInUse: 0, ports: undefined }
    expect(shortagesOf(planFor(1883, { idle: 1_000_000 }), unknown)).toEqual([])
  })

  it.each([
    [1, 71, []],
    [1, 70, ['42 clients need about 71 open files, and 70 are allowed: raise the limit (ulimit -n 71)']],
    [2, 94, ['42 clients need about 95 open files, and 94 are allowed: raise the limit (ulimit -n 95)']],
  ])('is open files, with %d workers and a limit of %d', (workers, files, expected) => {
    const plan = planFor(1883, { publish: { clients: 20 }, subscribe: { clients: 20 }, idle: 2, workers })
    expect(shortagesOf(plan, { ...plenty, files })).toEqual(expected)
  })

  it('is local ports, for each address and broker', () => {
    const plan = planFor(1883, { idle: 60_000 })
    const reason = '60,000 clients connect, and there are 28,232 local ports for each address and broker: name'
    expect(shortagesOf(plan, plenty)).toEqual([`${reason} 3 addresses by --bind`])
    const brokers = [1, 2].map((port) => ({ host: 'a', port }))
    expect(shortagesOf({ ...plan, brokers }, plenty)).toEqual([`${reason} 2 addresses by --bind`])
    expect(shortagesOf({ ...plan, brokers, bindAddresses: ['127.0.0.1', '127.0.0.2'] }, plenty)).toEqual([])
    const socket = { ...plan.client, values: { ...plan.client.values, unix: '/socket' } }
    expect(shortagesOf({ ...plan, client: socket }, plenty)).toEqual([])
  })

  it('is told by the part that this process has', () => {
    const plan = planFor(1883, { idle: 60_000, shard: { index: 2, of: 3 } })
    expect(shortagesOf(plan, plenty)).toEqual([])
  })
})

describe('what a machine has', () => {
  it('is read where Linux says it', () => {
    const files: Readonly<Record<string, string>> = {
      'self/limits': 'Limit\nMax processes  7 7 processes\nMax open files            1024      4096      files\n',
      'sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    }
    const supply = supplyOf(
      (path) => files[path],
      (path) => (path === 'self/fd' ? ['0', '1', '2'] : []),
    )
    expect(supply).toEqual({ files: 1024, filesInUse: 3, ports: 28_232 })
  })

  it('is not known elsewhere', () => {
    const supply = supplyOf(
      () => undefined,
      () => [],
    )
    expect(supply).toEqual({ files: undefined, filesInUse: 0, ports: undefined })
  })
})
