/** Bytes that no MQTT peer may send [MQTT 5, 1.2: Malformed Packet]. The connection is closed over it. */
export class MalformedPacketError extends Error {
  override readonly name = 'MalformedPacketError'
}
