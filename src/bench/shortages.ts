import { shownCount } from './figures.ts'
import type { Supply } from './machine.ts'
import type { Plan } from './plan.ts'
import { numbersOf, roles } from './roster.ts'

/** Files that a thread has open beside its connections; and what is asked for beside those of the run. */
const FILES_A_THREAD = 12
const FILES_BESIDE = 4

/** What the plan needs of this machine that it does not have, with the remedy; one sentence each. */
export function shortagesOf(plan: Plan, { files, filesInUse, ports }: Supply): string[] {
  const workers = Array.from({ length: plan.workers }, (_, worker) => worker)
  const clients = roles.flatMap((role) => workers.flatMap((worker) => numbersOf(plan, role, worker))).length
  return [...fewFiles(clients, plan, files, filesInUse), ...fewPorts(clients, plan, ports)]
}

function fewFiles(clients: number, { workers }: Plan, files: number | undefined, inUse: number): string[] {
  const needed = clients + inUse + (workers > 1 ? workers * FILES_A_THREAD : 0) + FILES_BESIDE
  if (files === undefined || needed <= files) return []
  const what = `${shownCount(clients)} clients need about ${shownCount(needed)} open files`
  return [`${what}, and ${shownCount(files)} are allowed: raise the limit (ulimit -n ${needed})`]
}

function fewPorts(clients: number, { bindAddresses, brokers, client }: Plan, ports: number | undefined): string[] {
  const isLocal = (client.values.unix ?? client.values.url?.unix) !== undefined
  const [from, to] = [Math.max(1, bindAddresses.length), Math.max(1, brokers.length)]
  if (isLocal || ports === undefined || clients <= ports * from * to) return []
  const least = Math.ceil(clients / (ports * to))
  const has = `${shownCount(ports)} local ports for each address and broker`
  return [`${shownCount(clients)} clients connect, and there are ${has}: name ${least} addresses by --bind`]
}
