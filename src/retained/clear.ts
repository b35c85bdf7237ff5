import type { QoS } from '../mqtt/message.ts'
import { publishHeader } from '../mqtt/publish-header.ts'
import type { Publisher } from '../mqtt/publisher.ts'
import type { ProtocolVersion } from '../options/connection.ts'

/** Publishes an empty retained message to each topic, which clears it [MQTT 5, 3.3.1.3]. Returns as `publish` does. */
export async function clearRetained(
  publisher: Publisher,
  protocolVersion: ProtocolVersion,
  qos: QoS,
  topics: readonly string[],
): Promise<void> {
  const headers = topics.map((topic) => publishHeader(protocolVersion, { topic, qos, retain: true }))
  await publisher.publish(headers, { bytes: Buffer.alloc(0), bounds: new Array(2 * topics.length).fill(0) })
}
