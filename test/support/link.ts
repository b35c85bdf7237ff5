import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { atEndOfTest } from './clean-up.ts'
import { type ListenerSettings, listen } from './listeners.ts'
import { firstPacket, type Packet, type PacketType } from './packets.ts'
import type { Ports, Urls } from './urls.ts'

/** Who has sent a packet. */
export type Side = 'client' | 'broker'

/** Where a connection is to break. */
export interface Cut {
  readonly from: Side
  readonly type: PacketType
  /** Which of them, counted from 1 over all connections from now on. */
  readonly nth?: number
  /** Before the packet is handed on, or just behind it. */
  readonly when: 'before' | 'after'
}

/** A network between clients and a broker that does what networks do. */
export interface Link {
  readonly ports: Ports
  readonly urls: Urls
  /** Connections that clients have made, so far. */
  readonly connections: number
  /** Ends of connections that are open: two for each, on either side. */
  readonly ends: number
  /** Breaks all connections. */
  cut(): void
  /** Breaks a connection at a packet, which needs `packets`. Resolves once that has happened. */
  cutAt(cut: Cut): Promise<void>
  /** Swallows nothing, and hands on nothing: connections stay open, new ones too. */
  freeze(): void
  thaw(): void
  /** Makes a black hole of what is open: it stays open, and nothing comes through any more. */
  abandon(): void
  /** Hands on no more than this, in each direction of each connection. */
  limit(bytesPerSecond: number): void
  stop(): Promise<void>
}

export interface LinkSettings extends ListenerSettings {
  /** Tells packets apart, for `cutAt` and `watch`. */
  readonly packets?: boolean
  /** Is shown each packet that was handed on. */
  readonly watch?: (from: Side, packet: Packet) => void
}

interface PendingCut extends Cut {
  seen: number
  readonly done: () => void
}

/** Pieces that a limited link hands on at a time, in s of its rate. */
const PIECE = 0.01

/**
 * Starts one in this process, which leads from all listeners to one port of 127.0.0.1. TLS and WebSocket end here, so
 * that packets can be told apart.
 */
export async function startLink(to: number, { packets = false, watch, ...settings }: LinkSettings = {}): Promise<Link> {
  const open = new Set<Duplex>()
  const abandoned = new WeakSet<Duplex>()
  const cuts = new Set<PendingCut>()
  let connections = 0
  let rate = Number.POSITIVE_INFINITY
  let thawed = Promise.resolve()
  let thaw = () => {}

  /** The cut that is due at this packet. */
  const dueAt = (from: Side, { type }: Packet): PendingCut | undefined =>
    [...cuts].find((cut) => cut.from === from && cut.type === type && ++cut.seen === (cut.nth ?? 1))

  const passable = async (sink: Duplex) => {
    await thawed
    if (abandoned.has(sink)) await new Promise(() => {})
  }
  const carry = async (from: Side, source: Duplex, sink: Duplex) => {
    let rest: Buffer = Buffer.alloc(0)
    let goOn = () => {}
    for (const event of ['drain', 'close']) sink.on(event, () => goOn())
    const hand = async (bytes: Buffer) => {
      const size = rate === Number.POSITIVE_INFINITY ? bytes.length : Math.max(1, Math.round(rate * PIECE))
      for (let at = 0; at < bytes.length; at += size) {
        await passable(sink)
        const piece = bytes.subarray(at, at + size)
        if (!sink.write(piece) && !sink.destroyed) {
          await new Promise<void>((resolve) => {
            goOn = resolve
          })
        }
        if (rate !== Number.POSITIVE_INFINITY) await delay((piece.length / rate) * 1000)
      }
    }
    for await (const chunk of source as AsyncIterable<Buffer>) {
      await passable(sink)
      if (!packets) {
        await hand(chunk)
        continue
      }
      rest = Buffer.concat([rest, chunk])
      for (let packet = firstPacket(rest); packet !== undefined; packet = firstPacket(rest)) {
        rest = rest.subarray(packet.bytes.length)
        const due = dueAt(from, packet)
        if (due?.when !== 'before') {
          await hand(packet.bytes)
          watch?.(from, packet)
        }
        if (due === undefined) continue
        cuts.delete(due)
        // What was handed on arrives; the other side learns nothing more.
        if (due.when === 'after') sink.end()
        else sink.destroy()
        source.destroy()
        due.done()
        return
      }
    }
    sink.end()
  }

  const listeners = await listen(settings, (client) => {
    connections++
    const broker = connect(to, '127.0.0.1').setNoDelay(true)
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      open.add(one)
      one.on('error', () => {})
      one.once('close', () => {
        open.delete(one)
        if (!abandoned.has(one)) other.end()
      })
    }
    for (const done of [carry('client', client, broker), carry('broker', broker, client)]) done.catch(() => {})
  })

  const link: Link = {
    ports: listeners.ports,
    urls: listeners.urls,
    get connections() {
      return connections
    },
    get ends() {
      return open.size
    },
    cut() {
      for (const stream of open) stream.destroy()
    },
    async cutAt(cut) {
      await new Promise<void>((done) => cuts.add({ ...cut, seen: 0, done }))
    },
    freeze() {
      thawed = new Promise((resolve) => {
        thaw = resolve
      })
    },
    thaw: () => thaw(),
    abandon() {
      for (const stream of open) abandoned.add(stream)
    },
    limit(bytesPerSecond) {
      rate = bytesPerSecond
    },
    async stop() {
      thaw()
      link.cut()
      await listeners.close()
    },
  }
  atEndOfTest(link.stop)
  return link
}
