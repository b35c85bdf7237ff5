import { describe, expect, it } from 'vitest'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { runCli } from '../support/run.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

interface Summary {
  readonly result: {
    readonly messages: Readonly<Record<string, number | undefined>>
    readonly measured: { readonly endToEnd: Readonly<Record<'count' | 'min' | 'max' | 'negative', number>> }
    readonly clocks: readonly unknown[]
  }
}

/** Runs a load in as many processes as there are workers, and merges what they say. */
async function runInParts(
  load: readonly string[],
  workers: readonly number[],
): Promise<{ parts: Summary[]; whole: Summary }> {
  const directory = temporaryDirectory()
  const of = workers.length
  const processes = workers.map((count, index) =>
    spawnTmqtt(['bench', 'flow', ...load, '--workers', String(count), '--shard', `${index + 1}/${of}`, '--json']),
  )
  const files = await Promise.all(
    processes.map(async (process, index) => {
      const { code } = await process.exited
      expect([code, process.stderr]).toEqual([0, ''])
      return directory.write(`${index}.json`, process.stdout.toString())
    }),
  )
  const merge = runCli(['bench', 'merge', ...files, '--json'])
  expect(await merge.exit).toBe(0)
  const parts = processes.map(({ stdout }) => JSON.parse(stdout.toString()) as Summary)
  return { parts, whole: JSON.parse(merge.stdout.toString()) as Summary }
}

describe.skipIf(!hasMosquitto)('bench in several processes', () => {
  it.each([
    ['fan-in', ['--publishers', '6', '--subscribers', '1'], 300, 300],
    ['fan-out', ['--publishers', '1', '--subscribers', '6'], 300, 1800],
  ] as const)('comes to exact totals, and sane latencies, with --shape %s', async (shape, clients, sent, received) => {
    await using broker = await startMosquitto({ quiet: true })
    const load = ['-h', '127.0.0.1', '-p', String(broker.ports.tcp), '--shape', shape, ...clients, '-q', '1']
    const { parts, whole } = await runInParts(
      [...load, '--rate', '300/s', '--messages', '300', '--warmup', '300ms'],
      [1, 2],
    )
    const { messages, measured, clocks } = whole.result
    expect(messages).toMatchObject({ intended: sent, sent, acknowledged: sent, expected: received, received, lost: 0 })
    expect(messages).toMatchObject({ unanswered: 0, duplicates: 0, outOfOrder: 0, foreign: 0 })
    expect(parts.map(({ result }) => result.messages.lost)).toEqual([undefined, undefined])
    // One machine has one clock.
    expect(clocks).toEqual([])
    expect(measured.endToEnd).toMatchObject({ count: received, negative: 0 })
    expect(measured.endToEnd.min).toBeGreaterThan(0)
    expect(measured.endToEnd.min).toBeLessThan(250_000)
  })
})
