import { RefusedError } from '../errors.ts'
import type { Limits } from './connection.ts'
import type { PublishHeader } from './packets.ts'
import { reasonName } from './reason-codes.ts'

/** Why the broker won't have such a message, as far as it has said so [MQTT 5, 3.2.2.3]. */
export function refusalOf(limits: Limits, header: PublishHeader): RefusedError | undefined {
  const { maximumQoS, retainAvailable, topicAliasMaximum } = limits
  if (header.qos > maximumQoS) {
    return new RefusedError(`the broker takes no more than QoS ${maximumQoS} (-q): ${reasonName(155)}`, 155)
  }
  if ((header.flags & 1) !== 0 && !retainAvailable) {
    return new RefusedError(`the broker keeps no retained messages (-r): ${reasonName(154)}`, 154)
  }
  if (header.alias !== undefined && header.alias.number > topicAliasMaximum) {
    return new RefusedError(
      `the broker takes ${topicAliasMaximum === 0 ? 'no topic aliases' : `topic aliases up to ${topicAliasMaximum}`} (-D publish topic-alias): ${reasonName(148)}`,
      148,
    )
  }
  return undefined
}
