import { UsageError } from '../errors.ts'
import type { SubscribeOptions as PacketOptions } from '../mqtt/connection.ts'
import { identifiersOf } from '../mqtt/filter-plan.ts'
import { isValidFilter, matches } from '../mqtt/topic.ts'
import type { Route } from './line.ts'
import { checkQos } from './outgoing.ts'
import type { Receiver } from './receiver.ts'
import type { Filters, Handler, Handlers } from './types.ts'

/** Filters in the order given, with what to ask the broker for. */
export type CheckedFilters = ReadonlyMap<string, PacketOptions>

/** @throws UsageError */
export function checkedFilters(filters: Filters): CheckedFilters {
  const entries = Object.entries(filters)
  if (entries.length === 0) throw new UsageError('there is no filter to subscribe to')
  return new Map(
    entries.map(([filter, given]) => {
      if (!isValidFilter(filter)) throw new UsageError(`not a topic filter: ${JSON.stringify(filter)}`)
      const options = typeof given === 'number' ? { qos: given } : given
      checkQos(options?.qos)
      const { qos, noLocal = false, retainAsPublished = false, retainHandling = 0 } = options
      return [filter, { qos, noLocal, retainAsPublished, retainHandling }]
    }),
  )
}

/** @throws UsageError for a handler that is none, or that no filter has messages for. */
export function checkHandlers(filters: CheckedFilters, handlers: Handler | Handlers | undefined): void {
  if (handlers === undefined || typeof handlers === 'function') return
  for (const [filter, handler] of Object.entries(handlers)) {
    if (!filters.has(filter)) throw new UsageError(`the handler for ${JSON.stringify(filter)} has no filter to go with`)
    if (typeof handler !== 'function') throw new UsageError(`the handler for ${JSON.stringify(filter)} is no function`)
  }
}

/**
 * The ways of messages: with a handler for each filter, one for each of them, so that a message that several match is
 * handled for each; else one for all.
 *
 * @param hasIdentifiers whether the broker tells subscriptions apart.
 */
export function routesOf(
  filters: CheckedFilters,
  receiver: Receiver,
  handlers: Handler | Handlers | undefined,
  unmatched: Handler | undefined,
  hasIdentifiers: boolean,
): readonly Route[] {
  const route = (names: readonly string[], handler: Handler | undefined): Route => {
    const identifiers = hasIdentifiers ? names.map((name) => identifierOf(name)) : []
    const groups = names.map((name, at) => ({
      filters: [name],
      options: filters.get(name)!,
      properties: hasIdentifiers ? [['subscription-identifier', identifiers[at]!] as const] : [],
    }))
    return { receiver, handler, filters: names, identifiers, groups }
  }
  const names = [...filters.keys()]
  if (handlers === undefined || typeof handlers === 'function') return [route(names, handlers)]
  const handled = names.filter((name) => handlers[name] !== undefined)
  // A broker may send a copy of its own for such a filter, and another for one that has a handler.
  const rest: Handler = (message, filter) =>
    handled.some((name) => matches(name, message.topic)) ? undefined : unmatched?.(message, filter)
  return names.map((name) => route([name], handlers[name] ?? rest))
}

/** Depends on the text of the filter alone, so that messages of a kept session are known by the filter that brought them. */
function identifierOf(filter: string): number {
  const [identifier] = identifiersOf([filter]).keys()
  return identifier!
}
