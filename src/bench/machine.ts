import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Tells machines apart, and starts of one machine: containers of one share its clock, and this, too. */
export function machineId(): string {
  return readProc('sys/kernel/random/boot_id')?.trim() ?? hostname()
}

/** @returns undefined where there is no such file, as beyond Linux. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}
