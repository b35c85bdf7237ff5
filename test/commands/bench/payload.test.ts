import { describe, expect, it } from 'vitest'
import { startFaultyBroker } from '../../support/faulty-broker.ts'
import { runCli } from '../../support/run.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

/** Publishes ten messages with these options. */
async function publish(options: readonly string[]) {
  await using broker = await startFaultyBroker()
  const address = ['-h', '127.0.0.1', '-p', String(broker.port)]
  const load = ['--clients', '2', '--messages', '10', '--warmup', '0', '--settle', '0', '--seed', '7']
  const bench = runCli(['bench', 'pub', ...address, ...load, ...options])
  expect([await bench.exit, bench.stderr]).toEqual([0, ''])
  return { payloads: broker.published.map(({ payload }) => payload), report: bench.stdout.toString() }
}

describe('the payloads of bench pub', () => {
  it('have the size of --size', async () => {
    const { payloads, report } = await publish(['--size', '1k'])
    expect(payloads.map(({ length }) => length)).toEqual(new Array(10).fill(1024))
    expect(report).toContain(', 1.02 kB, ')
  })

  it('have sizes of --size, the same for the same seed', async () => {
    const [one, other] = [await publish(['--size', '20..1k']), await publish(['--size', '20..1k'])]
    const lengths = ({ payloads }: typeof one) => payloads.map(({ length }) => length).sort((a, b) => a - b)
    expect(lengths(one)).toEqual(lengths(other))
    expect(new Set(lengths(one)).size).toBeGreaterThan(5)
    expect(one.report).toContain(', 20 B to 1.02 kB, ')
  })

  it('are the content of --payload-file behind a stamp, or alone with --no-stamp', async () => {
    const content = Buffer.from([0, 255, 13, 10, 37, 110])
    const file = temporaryDirectory().write('payload', content)
    const stamped = await publish(['--payload-file', file])
    expect(stamped.payloads.map((payload) => payload.subarray(16))).toEqual(new Array(10).fill(content))
    expect((await publish(['--payload-file', file, '--no-stamp'])).payloads).toEqual(new Array(10).fill(content))
  })

  it('are made of --payload-template', async () => {
    const { payloads } = await publish(['--no-stamp', '--payload-template', '{"client":%i,"number":%n}'])
    const expected = [0, 1].flatMap((client) =>
      [0, 1, 2, 3, 4].map((number) => `{"client":${client},"number":${number}}`),
    )
    expect(payloads.map(String).sort()).toEqual(expected)
  })

  it.each([
    [['--payload-file', '/nowhere/payload'], '--payload-file /nowhere/payload: no such file or directory'],
    [['--payload-file', 'a', '--size', '10'], '--payload-file'],
    [['--size', '100:90%,1k:5%'], 'the shares come to 95 %, not to 100 %'],
  ])('can not be those of %j', async (options, reason) => {
    const bench = runCli(['bench', 'pub', ...options])
    expect(await bench.exit).toBe(1)
    expect(bench.stderr).toContain(reason)
  })
})
