import { Duplex } from 'node:stream'
import { checkControl } from './control-check.ts'
import { type ControlProperties, encodeDisconnect, withProperties } from './control-properties.ts'
import { MalformedPacketError } from './malformed.ts'
import type { Message } from './message.ts'
import { acknowledgedId, decodePublish, FirstByte, PacketType, type TopicAliases } from './packets.ts'
import type { Property } from './property-table.ts'
import { PacketSplitter } from './splitter.ts'

/** Takes the packets of the data plane, in the order in which they came. */
export interface DataPlane {
  publish(message: Message): void
  /**
   * PUBACK, PUBREC, PUBREL or PUBCOMP, by its type. Reason string and user properties stand between `start` and
   * `end` of `bytes`, behind the reason code.
   */
  acknowledgement(type: number, packetId: number, reasonCode: number, bytes: Buffer, start: number, end: number): void
  /** All packets of a chunk have been handed over: time to write what they call for. */
  chunkDone(): void
  /** A PINGREQ went out, and its PINGRESP has come: the broker has read all that was sent before. */
  pingSent(): void
  pingAnswered(): void
}

/** What the packets of MQTT 5 have beyond those of earlier versions. */
export interface Mqtt5 extends ControlProperties {
  readonly disconnect: readonly Property[]
  readonly aliases: TopicAliases
}

/** Sees the bytes of both planes: before they are handed to the socket, and before they are looked at. */
export interface LaneObserver {
  sent(bytes: Uint8Array): void
  received(bytes: Buffer): void
}

const PINGRESP = Buffer.of(FirstByte.PINGRESP, 0)

/**
 * Splits one connection in two. PUBLISH and its acknowledgements go to the data plane, in batches and without
 * MQTT.js; all other packets go through `control` to MQTT.js and back. Packets of both are never interleaved.
 *
 * Data plane packets that come before `open` wait: MQTT.js must have taken the CONNACK first.
 */
export class Lane {
  /** For MQTT.js, as if it were the socket. */
  readonly control: Duplex
  /** Resolves when the connection has ended, with the reason if it was not an orderly end. */
  readonly closed: Promise<Error | undefined>
  readonly #socket: Duplex
  #mqtt5: (Mqtt5 & { readonly reasonCode?: number }) | undefined
  readonly #received: PacketSplitter
  readonly #toSend: PacketSplitter
  readonly #observer: LaneObserver | undefined
  #dataPlane: DataPlane | undefined
  #failure: Error | undefined
  #paused = false
  /** MQTT.js has sent PINGREQ and nothing has come since. */
  #pingPending = false
  #drained: (() => void)[] = []

  /**
   * @param socket connected.
   * @param mqtt5 undefined before MQTT 5.
   */
  constructor(socket: Duplex, mqtt5: Mqtt5 | undefined, maxPacketSize?: number, observer?: LaneObserver) {
    this.#socket = socket
    this.#mqtt5 = mqtt5
    this.#observer = observer
    this.#received = new PacketSplitter(
      (bytes, packetStart, start, end, rest) => this.#dispatch(bytes, packetStart, start, end, rest),
      maxPacketSize,
    )
    this.#toSend = new PacketSplitter((bytes, packetStart, _start, end, rest) =>
      this.#sendControl(bytes, packetStart, end, rest),
    )
    this.control = new Duplex({
      read: () => {},
      write: (chunk, _encoding, done) => {
        this.#toSend.push(chunk)
        done()
      },
      final: (done) => {
        socket.end()
        done()
      },
      destroy: (error, done) => {
        socket.destroy()
        done(error)
      },
    })
    // Node's own, which minds how fast the other end reads, takes longer at a start: MQTT.js reads all at once.
    this.control.pipe = (parser) => {
      this.control.on('data', (chunk: Buffer) => parser.write(chunk))
      return parser
    }
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.control.destroy()
        this.#wakeWriters()
        resolve(this.#failure)
      })
    })
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.destroy(error))
    socket.on('drain', () => this.#wakeWriters())
    // An orderly FIN from the broker; MQTT.js learns of it by the close that follows.
    socket.on('end', () => socket.writableEnded || socket.end())
    socket.resume()
  }

  /** Lets the packets of the data plane flow, those that have waited first. */
  open(dataPlane: DataPlane): void {
    this.#dataPlane = dataPlane
    this.#guard(() => this.#received.resume())
  }

  /** Properties of the next SUBSCRIBE, reason code of the DISCONNECT; nothing before MQTT 5. */
  setProperties(changes: { readonly subscribe?: readonly Property[]; readonly reasonCode?: number }): void {
    if (this.#mqtt5 !== undefined) this.#mqtt5 = { ...this.#mqtt5, ...changes }
  }

  /** Nothing can be written any more: closed, or DISCONNECT is out. */
  get isClosed(): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded
  }

  /** @returns false when the socket's buffer is full: wait for `drain` before writing more. */
  write(bytes: Uint8Array): boolean {
    if (this.isClosed) return true
    this.#observer?.sent(bytes)
    return this.#socket.write(bytes)
  }

  get needsDrain(): boolean {
    return !this.isClosed && this.#socket.writableNeedDrain
  }

  /** Resolves when the socket takes more, or has closed. */
  async drain(): Promise<void> {
    if (!this.needsDrain) return
    await new Promise<void>((resolve) => this.#drained.push(resolve))
  }

  /** Stops reading. Keep alive goes on: a broker that waits for us is not dead. */
  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#socket.pause()
    this.#answerPing()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#socket.resume()
  }

  /** Closes when all that was written is out, without DISCONNECT. */
  end(): void {
    this.#socket.end()
  }

  /** Closes at once, without DISCONNECT. */
  destroy(reason?: Error): void {
    this.#failure ??= reason
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    // A stream that was paused hands out all that it holds, closed or not: behind a malformed packet nothing counts.
    if (this.#failure instanceof MalformedPacketError) return
    this.#observer?.received(chunk)
    this.#answerPing()
    this.#guard(() => this.#received.push(chunk))
  }

  /** Runs what reads packets; a malformed one closes the connection. Those before it count. */
  #guard(read: () => void): void {
    try {
      read()
    } catch (error) {
      if (!(error instanceof MalformedPacketError)) throw error
      this.destroy(error)
    }
    this.#dataPlane?.chunkDone()
  }

  #dispatch(bytes: Buffer, packetStart: number, start: number, end: number, rest: readonly Buffer[]): boolean {
    const firstByte = bytes[packetStart]!
    const type = firstByte >> 4
    if (type >= PacketType.PUBLISH && type <= PacketType.PUBCOMP) {
      const dataPlane = this.#dataPlane
      if (dataPlane === undefined) throw new MalformedPacketError('a packet before CONNACK')
      if (type === PacketType.PUBLISH)
        dataPlane.publish(decodePublish(firstByte, bytes, start, end, this.#mqtt5?.aliases, rest))
      else this.#acknowledge(dataPlane, firstByte, joined(bytes, rest), start, end)
      return true
    }
    if (type === PacketType.PINGRESP) {
      if (firstByte !== FirstByte.PINGRESP || end > start)
        throw new MalformedPacketError('PINGRESP that says something')
      this.#dataPlane?.pingAnswered()
      return true
    }
    // A copy: MQTT.js may keep what it parses, and a view would keep the whole chunk alive.
    const packet = Buffer.from(joined(bytes, rest).subarray(packetStart, end))
    checkControl(packet, start - packetStart, this.#mqtt5 !== undefined)
    this.control.push(packet)
    return type !== PacketType.CONNACK || this.#dataPlane !== undefined
  }

  #acknowledge(dataPlane: DataPlane, firstByte: number, bytes: Buffer, start: number, end: number): void {
    const packetId = acknowledgedId(firstByte, bytes, start, end)
    const reasonCode = end - start > 2 && this.#mqtt5 !== undefined ? bytes[start + 2]! : 0
    dataPlane.acknowledgement(firstByte >> 4, packetId, reasonCode, bytes, Math.min(start + 3, end), end)
  }

  #sendControl(bytes: Buffer, packetStart: number, end: number, rest: readonly Buffer[]): boolean {
    if (bytes[packetStart]! >> 4 === PacketType.PINGREQ) {
      this.#pingPending = true
      this.#dataPlane?.pingSent()
      if (this.#paused) this.#answerPing()
    }
    this.write(this.#finished(joined(bytes, rest).subarray(packetStart, end)))
    return true
  }

  /** A packet of MQTT.js as it goes out: with properties, and not in a buffer that MQTT.js may use again. */
  #finished(packet: Buffer): Buffer {
    if (this.#mqtt5 === undefined) return Buffer.from(packet)
    if (packet[0]! >> 4 === PacketType.DISCONNECT)
      return encodeDisconnect(this.#mqtt5.reasonCode ?? 0, this.#mqtt5.disconnect)
    return Buffer.from(withProperties(packet, this.#mqtt5))
  }

  /**
   * Tells MQTT.js that the peer is alive. Any byte proves it, and while we don't read the broker can't: without this,
   * MQTT.js gives a connection up whose PINGRESP waits behind other packets (MQTT.js #1935, #2026).
   */
  #answerPing(): void {
    if (!this.#pingPending) return
    this.#pingPending = false
    this.control.push(PINGRESP)
  }

  #wakeWriters(): void {
    const waiting = this.#drained
    this.#drained = []
    for (const wake of waiting) wake()
  }
}

function joined(bytes: Buffer, rest: readonly Buffer[]): Buffer {
  return rest.length === 0 ? bytes : Buffer.concat([bytes, ...rest])
}
