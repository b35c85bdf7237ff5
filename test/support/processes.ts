import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { expect, vi } from 'vitest'

/** A process as /proc shows it. */
export interface Process {
  readonly pid: string
  readonly command: string
  /** `R` running, `S` sleeping, `T` stopped. */
  readonly state: string
  /** Where it listens with TCP: `127.0.0.1:1883`. Other IPv6 than `[::1]` is as the kernel writes it. */
  readonly listening: readonly string[]
}

/** All processes with this in their environment: `TMPDIR=/tmp/x`. */
export function processesWith(variable: string): Process[] {
  const listeners = listeningSockets()
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable)) return []
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        const files = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => linkTarget(`/proc/${pid}/fd/${fd}`))
        const state = /.*\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1]!
        return [{ pid, command, state, listening: files.flatMap((file) => listeners.get(file) ?? []) }]
      } catch {
        // It has ended, or belongs to another user.
        return []
      }
    })
}

/** None of what has been closed since it was listed. */
function linkTarget(path: string): string[] {
  try {
    return [readlinkSync(path)]
  } catch {
    return []
  }
}

/** Addresses by what /proc/PID/fd/N points to. */
function listeningSockets(): Map<string, string> {
  const lines = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').trim().split('\n').slice(1))
  const sockets = lines.map((line) => line.trim().split(/\s+/))
  const listening = sockets.filter(([, , , state]) => state === '0A')
  return new Map(listening.map(([, local, , , , , , , , inode]) => [`socket:[${inode}]`, shownAddress(local!)]))
}

function shownAddress(local: string): string {
  const [address, port] = local.split(':') as [string, string]
  // IPv4 in the byte order of the processor; also inside IPv6.
  const ipv4 = /^(?:0{16}FFFF0000)?(..)(..)(..)(..)$/.exec(address)?.slice(1)
  const host = ipv4
    ?.reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.')
  return `${host ?? (address === loopback6 ? '[::1]' : `[${address}]`)}:${Number.parseInt(port, 16)}`
}

const loopback6 = '00000000000000000000000001000000'

/** Whether the process runs whose identifier the file holds. */
export function isRunning(pidFile: string): boolean {
  try {
    // A zombie that nobody has waited for is not running.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Waits until that process has ended: a signal that nothing can hold off is sent long before it has taken effect. */
export async function expectEnd(pidFile: string): Promise<void> {
  await vi.waitFor(() => expect(isRunning(pidFile)).toBe(false), { timeout: 15_000 })
}
