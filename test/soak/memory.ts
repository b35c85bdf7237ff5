import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Taken at even intervals, in KiB. */
export type Samples = readonly number[]

/** Between two samples. */
export const INTERVAL_MS = 500

/**
 * Watches how much memory of its own each process has, until it is `over`. What it shares with others, the program
 * text, grows with every part of it that is used for the first time.
 */
export async function watchMemory(
  processes: readonly { readonly name: string; readonly pid: number }[],
  over: AbortSignal,
): Promise<ReadonlyMap<string, Samples>> {
  const samples = new Map(processes.map(({ name }) => [name, [] as number[]]))
  const began = performance.now()
  for (let count = 1; !over.aborted; count++) {
    for (const { name, pid } of processes) {
      const size = ownMemory(pid)
      if (size !== undefined) samples.get(name)!.push(size)
    }
    await delay(Math.max(0, began + count * INTERVAL_MS - performance.now()))
  }
  return samples
}

/** In KiB; nothing of a process that has ended. */
function ownMemory(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const [resident, swapped] = ['RssAnon', 'VmSwap'].map((name) =>
      new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status),
    )
    return resident === null ? undefined : Number(resident?.[1]) + Number(swapped?.[1] ?? 0)
  } catch {
    return undefined
  }
}
