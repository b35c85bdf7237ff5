import { id, numberProperty, type Property } from './properties.ts'

/** What the broker states in the CONNACK of MQTT 5 [3.2.2.3], and holds the clients of every version to. */
export interface Limits {
  readonly maximumQoS: number
  readonly retainAvailable: boolean
  readonly wildcardAvailable: boolean
  readonly sharedAvailable: boolean
  readonly subscriptionIdentifiersAvailable: boolean
  readonly receiveMaximum: number
  /** Bytes; only for MQTT 5. */
  readonly maximumPacketSize: number
  readonly topicAliasMaximum: number
  /** Seconds; stated, but not enforced. */
  readonly serverKeepAlive: number | undefined
}

export const usualLimits: Limits = {
  maximumQoS: 2,
  retainAvailable: true,
  wildcardAvailable: true,
  sharedAvailable: true,
  subscriptionIdentifiersAvailable: true,
  receiveMaximum: 20,
  maximumPacketSize: 2 ** 20,
  topicAliasMaximum: 10,
  serverKeepAlive: undefined,
}

/** As in CONNACK, where what is unlimited isn't said. */
export function limitProperties(limits: Limits): Property[] {
  const lacking = (
    ['retainAvailable', 'wildcardAvailable', 'sharedAvailable', 'subscriptionIdentifiersAvailable'] as const
  ).filter((feature) => !limits[feature])
  return [
    numberProperty(id.receiveMaximum, limits.receiveMaximum),
    numberProperty(id.maximumPacketSize, limits.maximumPacketSize),
    numberProperty(id.topicAliasMaximum, limits.topicAliasMaximum),
    ...(limits.maximumQoS < 2 ? [numberProperty(id.maximumQoS, limits.maximumQoS)] : []),
    ...lacking.map((feature) => numberProperty(id[feature], 0)),
    ...(limits.serverKeepAlive === undefined ? [] : [numberProperty(id.serverKeepAlive, limits.serverKeepAlive)]),
  ]
}
