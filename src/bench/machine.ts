import { readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Tells machines apart, and starts of one machine: containers of one share its clock, and this, too. */
export function machineId(): string {
  return readProc('sys/kernel/random/boot_id')?.trim() ?? hostname()
}

/** What connections of this process are made of; undefined where the system does not say, as beyond Linux. */
export interface Supply {
  /** That it may have. */
  readonly files: number | undefined
  /** That it has now. */
  readonly filesInUse: number
  /** For each local address. */
  readonly ports: number | undefined
}

export function supplyOf(read = readProc, list = listProc): Supply {
  const limit = /^Max open files +(\d+)/m.exec(read('self/limits') ?? '')?.[1]
  const range = /^(\d+)\s+(\d+)/.exec(read('sys/net/ipv4/ip_local_port_range') ?? '')
  return {
    files: limit === undefined ? undefined : Number(limit),
    filesInUse: list('self/fd').length,
    ports: range === null ? undefined : Number(range[2]) - Number(range[1]) + 1,
  }
}

function listProc(path: string): readonly string[] {
  try {
    return readdirSync(`/proc/${path}`)
  } catch {
    return []
  }
}

/** @returns undefined where there is no such file, as beyond Linux. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}
