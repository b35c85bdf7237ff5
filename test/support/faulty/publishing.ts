import { ack, readPublish } from '../packets.ts'
import { type Client, type Handler, Violation } from './client.ts'
import { large } from './exchange.ts'
import { decodeProperties, id, numberOf } from './properties.ts'
import { readReasonCode } from './requests.ts'

export const onPublish: Handler = (packet, client) => {
  const { session, shared, version, send } = client
  const { exchange, fault } = shared
  if (fault === 'stops answering') shared.silent = true
  const publish = readPublish(packet, version)
  checkLimits(publish, client)
  const { qos, packetId = 0 } = publish
  const properties = decodeProperties(Buffer.from(publish.properties ?? []))
  const topic = topicOf(publish.topic, numberOf(properties, id.topicAlias), client)
  const isNew = !(qos === 2 && session.received.has(packetId))
  if (isNew && qos > 0 && version === 5 && session.received.size >= shared.limits.receiveMaximum) {
    throw new Violation(0x93)
  }
  if (qos === 2) session.received.add(packetId)
  if (isNew) exchange.publish({ ...publish, topic, properties }, session.clientId)
  if (qos === 1 && fault !== 'drops PUBACK') send(ack('PUBACK', packetId))
  if (qos === 2 && fault !== 'drops PUBREC') send(ack('PUBREC', packetId))
}

/** PUBACK and PUBCOMP. */
export const onSettled: Handler = ({ body }, { session }) => session.settled(body.readUInt16BE())

export const onPubrec: Handler = (packet, { session, shared, send }) => {
  const packetId = packet.body.readUInt16BE()
  if (readReasonCode(packet, 2) >= 0x80) {
    session.settled(packetId)
    return
  }
  session.released(packetId)
  if (shared.fault !== 'drops PUBREL') send(ack('PUBREL', packetId))
}

export const onPubrel: Handler = ({ body }, { session, shared, send }) => {
  const packetId = body.readUInt16BE()
  session.received.delete(packetId)
  if (shared.fault !== 'drops PUBCOMP') send(ack('PUBCOMP', packetId))
}

function checkLimits(publish: ReturnType<typeof readPublish>, { shared }: Client): void {
  const { qos, retain, payload } = publish
  if (qos === 3) throw new Violation(0x81)
  if (qos > shared.limits.maximumQoS) throw new Violation(0x9b)
  if (retain && !shared.limits.retainAvailable) throw new Violation(0x9a)
  if (payload.length > large && shared.fault === 'closes on large payload') throw new Violation(0x97)
}

/** [MQTT 5, 3.3.2.3.4] */
function topicOf(topic: string, alias: number | undefined, { shared, aliases }: Client): string {
  if (/[+#]/.test(topic) || (topic === '' && alias === undefined)) throw new Violation(0x90)
  if (alias === undefined) return topic
  if (alias === 0 || alias > shared.limits.topicAliasMaximum) throw new Violation(0x94)
  if (topic !== '') aliases.set(alias, topic)
  else if (shared.fault === 'ignores topic alias') throw new Violation(0x82)
  const known = aliases.get(alias)
  if (known === undefined) throw new Violation(0x82)
  return known
}
