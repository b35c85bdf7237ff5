import assert from 'node:assert/strict'
import { MalformedPacketError } from '../../src/mqtt/malformed.ts'
import type { Message } from '../../src/mqtt/message.ts'
import type { PublishProperties } from '../../src/mqtt/properties.ts'
import type { Publish } from './reference.ts'

/** What `read` gives, or undefined where it finds the bytes malformed; any other error is one of the program. */
export function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedPacketError) return undefined
    throw error
  }
}

/** Of a packet that the reference finds right. */
export function propertiesFrom({ properties }: Publish): PublishProperties {
  const read: PublishProperties = {}
  for (const [identifier, first, second] of properties!) {
    if (identifier === 0x01) read.payloadFormatIndicator = first![0]!
    if (identifier === 0x02) read.messageExpiryInterval = first!.readUInt32BE(0)
    if (identifier === 0x03) read.contentType = first!.toString()
    if (identifier === 0x08) read.responseTopic = first!.toString()
    if (identifier === 0x09) read.correlationData = first!
    if (identifier === 0x23) read.topicAlias = first!.readUInt16BE(0)
    if (identifier === 0x26)
      read.userProperties = [...(read.userProperties ?? []), [first!.toString(), second!.toString()]]
    if (identifier === 0x0b)
      read.subscriptionIdentifiers = [...(read.subscriptionIdentifiers ?? []), valueOfVarint(first!)]
  }
  return read
}

function valueOfVarint(bytes: Buffer): number {
  return bytes.reduce((sum, digit, at) => sum + (digit % 128) * 128 ** at, 0)
}

/** Fails unless a message, undefined where it was refused, is the one that the reference reads. */
export function compare(message: Message | undefined, wanted: Publish | undefined): void {
  assert.equal(message === undefined, wanted === undefined, 'malformed for one of the two')
  if (message === undefined || wanted === undefined) return
  for (const field of ['topic', 'qos', 'dup', 'retain', 'packetId'] as const)
    assert.equal(message[field], wanted[field])
  assert.equal(message.payloadLength, wanted.payload.length)
  const properties = unlessMalformed(() => message.properties)
  assert.deepEqual(properties, wanted.properties === undefined ? undefined : propertiesFrom(wanted))
  assert.ok(Buffer.concat(message.payloadPieces).equals(wanted.payload))
  assert.ok(message.payload.equals(wanted.payload))
}
