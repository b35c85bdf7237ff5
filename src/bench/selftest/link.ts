import type { Socket } from 'node:net'
import { parseControl } from '../../mqtt/control-packets.ts'
import type { Message, QoS } from '../../mqtt/message.ts'
import {
  ACK_SIZE,
  decodePublish,
  encodeAck,
  encodePublish,
  FirstByte,
  PacketType,
  publishSize,
  TopicAliases,
} from '../../mqtt/packets.ts'
import { publishHeader } from '../../mqtt/publish-header.ts'
import { PacketSplitter } from '../../mqtt/splitter.ts'
import { matches } from '../../mqtt/topic.ts'
import type { ProtocolVersion } from '../../options/connection.ts'

/** What decides on the requests of a client. */
export interface Judge {
  /** @returns the code of CONNACK. */
  connect(): number
  /** @returns the code of SUBACK where the filter is granted at this QoS. */
  subscribe(qos: QoS): number
  publish(message: Message, link: Link): void
  /** PUBLISH has come behind the end of the connection. */
  ignored(): void
  /** PUBCOMP has been sent. */
  completed(): void
  /** Nothing is to be read for now. */
  readonly isStalled: boolean
}

/** In the first byte of PUBLISH [MQTT 5, 3.3.1.1]. */
const DUP = 8

const NO_ALIASES = new TopicAliases(0)

/** The broker's end of one connection. Trusts its client, which is of this program. */
export class Link {
  readonly #socket: Socket
  readonly #judge: Judge
  readonly #splitter: PacketSplitter
  #version: ProtocolVersion = 4
  #filter: { readonly text: string; readonly qos: QoS } | undefined
  #lastId = 0

  constructor(socket: Socket, judge: Judge) {
    this.#socket = socket
    this.#judge = judge
    this.#splitter = new PacketSplitter((bytes, packetStart, start, end, rest) => {
      if (!socket.writableEnded) this.#take(Buffer.concat([bytes, ...rest]), packetStart, start, end)
      else if (bytes[packetStart]! >> 4 === PacketType.PUBLISH) judge.ignored()
      return !judge.isStalled
    })
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#splitter.push(chunk))
    socket.on('error', () => {})
  }

  /** Reads nothing more. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#splitter.resume()
    this.#socket.resume()
  }

  /** Says DISCONNECT with this reason code [MQTT 5, 3.14], and closes when the client has. */
  hangUp(code: number): void {
    this.#socket.end(Buffer.of(PacketType.DISCONNECT << 4, 2, code, 0))
  }

  close(): void {
    this.#socket.destroy()
  }

  /** The filter of its shared subscription; undefined for another, or none. */
  get group(): string | undefined {
    return this.#filter?.text.startsWith('$share/') ? this.#filter.text : undefined
  }

  wants(topic: string): boolean {
    return this.#filter !== undefined && !this.#socket.writableEnded && matches(this.#filter.text, topic)
  }

  /** @param times the same packet is sent, with DUP from the second on. */
  deliver(topic: string, payload: Buffer, publishedQos: QoS, times: number): void {
    const qos = Math.min(publishedQos, this.#filter?.qos ?? 0) as QoS
    const header = publishHeader(this.#version, { topic, qos, retain: false })
    const bytes = Buffer.alloc(publishSize(header, payload.length))
    if (qos > 0) this.#lastId = (this.#lastId % 0xffff) + 1
    encodePublish(header, this.#lastId, payload, 0, payload.length, bytes, 0)
    this.#send(bytes)
    for (let time = 1; time < times; time++) this.#send(Buffer.concat([Buffer.of(bytes[0]! | DUP), bytes.subarray(1)]))
  }

  /** Answers PUBLISH: PUBACK or PUBREC; a code of 0 is left out [MQTT 5, 3.4.2.1]. */
  answer({ qos, packetId }: { readonly qos: QoS; readonly packetId: number }, code: number): void {
    const firstByte = qos === 1 ? FirstByte.PUBACK : FirstByte.PUBREC
    if (code === 0) this.#acknowledge(firstByte, packetId)
    else this.#send(Buffer.of(firstByte, 3, packetId >> 8, packetId & 0xff, code))
  }

  #acknowledge(firstByte: number, packetId: number): void {
    const bytes = Buffer.alloc(ACK_SIZE)
    encodeAck(firstByte, packetId, bytes, 0)
    this.#send(bytes)
  }

  #send(bytes: Buffer): void {
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(bytes)
  }

  #take(bytes: Buffer, packetStart: number, start: number, end: number): void {
    const firstByte = bytes[packetStart]!
    const type = firstByte >> 4
    const packetId = bytes.readUInt16BE(Math.min(start, end - 2))
    if (type === PacketType.PUBLISH) {
      const aliases = this.#version === 5 ? NO_ALIASES : undefined
      this.#judge.publish(decodePublish(firstByte, bytes, start, end, aliases), this)
    } else if (type === PacketType.PUBREL) {
      this.#acknowledge(FirstByte.PUBCOMP, packetId)
      this.#judge.completed()
    } else if (type === PacketType.PUBREC) this.#acknowledge(FirstByte.PUBREL, packetId)
    else if (type === PacketType.PINGREQ) this.#send(Buffer.of(FirstByte.PINGRESP, 0))
    else if (type === PacketType.CONNECT || type === PacketType.SUBSCRIBE)
      this.#request(bytes.subarray(packetStart, end))
    else if (type === PacketType.DISCONNECT) this.#socket.end()
  }

  #request(bytes: Buffer): void {
    const packet = parseControl(bytes, this.#version)
    if (packet.cmd === 'connect') {
      this.#version = packet.protocolVersion ?? 4
      const code = this.#judge.connect()
      this.#reply(PacketType.CONNACK, [0], code)
      if (code > 0) this.#socket.end()
    } else if (packet.cmd === 'subscribe') {
      const [{ topic, qos }] = packet.subscriptions as [(typeof packet.subscriptions)[number]]
      const code = this.#judge.subscribe(qos)
      if (code <= 2) this.#filter = { text: topic, qos }
      const id = packet.messageId!
      this.#reply(PacketType.SUBACK, [id >> 8, id & 0xff], code)
    }
  }

  /** CONNACK or SUBACK: its code is in front of the properties in the one and behind them in the other. */
  #reply(type: number, beginning: readonly number[], code: number): void {
    const properties = this.#version === 5 ? [0] : []
    const end = type === PacketType.SUBACK ? [...properties, code] : [code, ...properties]
    this.#send(Buffer.of(type << 4, beginning.length + end.length, ...beginning, ...end))
  }
}
