import { packet, uint16 } from '../packets.ts'
import { type Client, type Handler, propertiesFor, Violation } from './client.ts'
import { isValidFilter, splitShare } from './matching.ts'
import { id, type Property } from './properties.ts'
import { type FilterRequest, readSubscribe, readUnsubscribe } from './requests.ts'

interface Answer {
  /** For the SUBACK. */
  readonly code: number
  /** To be done after it. */
  readonly deliverRetained?: () => void
}

export const onSubscribe: Handler = (subscribe, client) => {
  const { version, shared, send } = client
  const { packetId, properties, requests } = readSubscribe(subscribe, version)
  const identifiers = properties.filter((property) => property.id === id.subscriptionIdentifier)
  if (identifiers.length > 0 && !shared.limits.subscriptionIdentifiersAvailable) throw new Violation(0xa1)
  const answers = requests.map((request) => answer(request, identifiers, client))
  const codes = answers.map(({ code }) => code)
  if (shared.fault !== 'drops SUBACK') {
    send(packet('SUBACK', 0, uint16(packetId), propertiesFor(version, []), codes))
  }
  for (const { deliverRetained } of answers) deliverRetained?.()
}

export const onUnsubscribe: Handler = (unsubscribe, { version, session, shared, send }) => {
  const { packetId, filters } = readUnsubscribe(unsubscribe, version)
  const codes = filters.map((filter) => {
    const known = session.subscriptions.has(filter)
    if (shared.fault !== 'delivers after UNSUBSCRIBE') session.subscriptions.delete(filter)
    return known ? 0x00 : 0x11
  })
  if (shared.fault === 'drops UNSUBACK') return
  // Only that of MQTT 5 has reason codes.
  send(packet('UNSUBACK', 0, uint16(packetId), propertiesFor(version, []), version === 5 ? codes : []))
}

function answer(request: FilterRequest, identifiers: readonly Property[], client: Client): Answer {
  const { version, session, shared } = client
  const { exchange, limits, fault, log } = shared
  const { filter } = request
  const share = splitShare(filter)
  if (request.qos === 3 || (share.shared && request.noLocal)) throw new Violation(0x82)
  const refusal = refusalOf(filter, client)
  if (refusal !== undefined) return { code: version === 5 ? refusal : 0x80 }
  const isNew = !session.subscriptions.has(filter)
  const qos = Math.min(request.qos, limits.maximumQoS)
  const subscriptionIdentifiers = fault === 'ignores subscription identifier' ? [] : identifiers
  const subscription = { ...request, ...share, qos, subscriptionIdentifiers }
  session.subscriptions.set(filter, subscription)
  log(`: ${session.clientId} ${qos} ${filter}`)
  const handling = fault === 'ignores retain handling' ? 0 : request.retainHandling
  const wanted = !share.shared && (handling === 0 || (handling === 1 && isNew))
  return { code: qos, ...(wanted && { deliverRetained: () => exchange.deliverRetained(session, subscription) }) }
}

/** @throws Violation, in MQTT 5, for what the broker has said that it can't [3.2.2.3.11 to 13]. */
function refusalOf(filter: string, { version, shared: { limits, fault } }: Client): number | undefined {
  if (fault === 'refuses SUBSCRIBE') return 0x87
  if (!isValidFilter(filter)) return 0x8f
  const { plain, shared } = splitShare(filter)
  const noShare = shared && !limits.sharedAvailable
  const noWildcard = /[+#]/.test(plain) && !limits.wildcardAvailable
  if (!noShare && !noWildcard) return undefined
  const code = noShare ? 0x9e : 0xa2
  if (version === 5) throw new Violation(code)
  return code
}
