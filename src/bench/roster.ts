import { withoutShare } from '../mqtt/topic.ts'
import { expand, type Names } from './names.ts'
import type { Plan } from './plan.ts'

export const roles = ['publisher', 'subscriber', 'idle'] as const

export type Role = (typeof roles)[number]

/** One client of the plan. */
export interface Member {
  readonly role: Role
  /** Among those of its role, from 0. */
  readonly number: number
  /** Among all clients, from 0. */
  readonly clientNumber: number
  readonly clientId: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** The topic of a publisher, the filter of a subscriber, '' of others. */
  readonly topic: string
}

/** How many of each role the whole plan has, whoever runs them. */
export function clientsOf(plan: Plan, role: Role): number {
  if (role === 'publisher') return plan.publish?.clients ?? 0
  return role === 'subscriber' ? (plan.subscribe?.clients ?? 0) : plan.idle
}

/** Those that leave and come back, where some do. */
export function churningRole({ publish, subscribe }: Plan): Role {
  return publish !== undefined ? 'publisher' : subscribe !== undefined ? 'subscriber' : 'idle'
}

/** Whether clients of the plan do something that ends by itself, rather than wait for what others do. */
export function hasLoad({ publish, subscribe }: Plan): boolean {
  return publish !== undefined || subscribe?.retained !== undefined
}

/**
 * The numbers of this role that a worker of this process has: those of equal number are on the same worker, and so are
 * the members of a shared group, as only who sees all that the group gets can tell what is lost or comes twice.
 */
export function numbersOf(plan: Plan, role: Role, worker: number): number[] {
  const { index, of } = plan.shard
  const numbers: number[] = []
  for (let number = index; number < clientsOf(plan, role); number += of) numbers.push(number)
  const groups = role === 'subscriber' && isShared(plan) ? groupsOf(plan, numbers) : undefined
  return numbers.filter((_, at) => (groups?.[at] ?? at) % plan.workers === worker)
}

function isShared({ subscribe }: Plan): boolean {
  return subscribe !== undefined && withoutShare(subscribe.filter) !== subscribe.filter
}

/** By subscriber: the number of its shared group. */
function groupsOf(plan: Plan, numbers: readonly number[]): number[] {
  const groups = new Map<string, number>()
  return numbers.map((number) => {
    const { topic } = memberOf(plan, 'subscriber', number)
    const group = groups.get(topic) ?? groups.size
    groups.set(topic, group)
    return group
  })
}

/** What templates of a member are filled with. */
export function namesOf({ number, clientId, username }: Pick<Member, 'number' | 'clientId' | 'username'>): Names {
  return { number, clientId, ...(username === undefined ? {} : { username }) }
}

export function memberOf(plan: Plan, role: Role, number: number): Member {
  const before = { publisher: 0, subscriber: clientsOf(plan, 'publisher'), idle: 0 }
  before.idle = before.subscriber + clientsOf(plan, 'subscriber')
  const clientNumber = before[role] + number
  const { values } = plan.client
  const credentials = plan.credentials[clientNumber % plan.credentials.length]
  const username = credentials?.username ?? values.username ?? values.url?.username
  const named = username === undefined ? {} : { username }
  const clientId = credentials?.clientId ?? expand(plan.clientId, { number: clientNumber, ...named })
  const template = role === 'publisher' ? plan.publish!.topic : role === 'subscriber' ? plan.subscribe!.filter : ''
  return {
    role,
    number,
    clientNumber,
    clientId,
    username,
    password: credentials?.password,
    topic: expand(template, namesOf({ number, clientId, username })),
  }
}
