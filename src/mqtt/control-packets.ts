import mqttPacket, { type Packet } from 'mqtt-packet'
import type { ProtocolVersion } from '../options/connection.ts'
import type { ClientOptions } from './client-options.ts'
import type { SubscribeOptions } from './connection.ts'
import { encodeDisconnect, withProperties } from './control-properties.ts'
import { MalformedPacketError } from './malformed.ts'

// A table of 65,536 buffers that pays off only for many packets.
Object.assign(mqttPacket.writeToStream, { cacheNumbers: false })

/** What a client without MQTT.js has to say besides messages, for the options that all such clients share. */
export function encodeConnect(options: ClientOptions): Buffer {
  const { protocolVersion, clientId, cleanStart, keepAlive, username, password, will } = options
  const packet = mqttPacket.generate({
    cmd: 'connect',
    protocolVersion,
    protocolId: protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
    clientId,
    clean: cleanStart,
    keepalive: keepAlive,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(will === undefined ? {} : { will }),
  })
  return protocolVersion === 5 ? withProperties(packet, options.properties) : packet
}

/** SUBSCRIBE with one filter. */
export function encodeSubscribe(
  { protocolVersion, properties }: ClientOptions,
  messageId: number,
  filter: string,
  { qos, retainHandling, retainAsPublished }: SubscribeOptions,
): Buffer {
  const subscription = { topic: filter, qos, nl: false, rap: retainAsPublished, rh: retainHandling }
  const packet = mqttPacket.generate(
    { cmd: 'subscribe', messageId, subscriptions: [subscription] },
    { protocolVersion },
  )
  return protocolVersion === 5 ? withProperties(packet, properties) : packet
}

/** DISCONNECT with the properties of the options. */
export function encodeLeave({ protocolVersion, properties }: ClientOptions): Buffer {
  return encodeDisconnect(0, protocolVersion === 5 ? properties.disconnect : [])
}

/** Reads one whole packet that is neither PUBLISH nor belongs to one. @throws MalformedPacketError */
export function parseControl(bytes: Buffer, protocolVersion: ProtocolVersion): Packet {
  const found: Packet[] = []
  const parser = mqttPacket.parser({ protocolVersion })
  parser.on('packet', (packet) => found.push(packet))
  parser.on('error', (error: Error) => {
    throw error
  })
  try {
    parser.parse(bytes)
  } catch (error) {
    // Besides the errors that it reports, it reads past the end of some packets.
    throw new MalformedPacketError(error instanceof RangeError ? 'a packet that is cut off' : (error as Error).message)
  }
  const [packet] = found
  if (packet === undefined) throw new MalformedPacketError('a packet that is cut off')
  return packet
}
