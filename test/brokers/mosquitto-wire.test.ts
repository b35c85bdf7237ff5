import { describe, expect, it } from 'vitest'
import { besideOthers } from '../support/clean-up.ts'
import { hasMosquittoClients, mosquittoPub, mosquittoSub } from '../support/mosquitto-clients.ts'
import { ack, type Packet } from '../support/packets.ts'
import { runCli } from '../support/run.ts'
import { type Peer, startScriptedBroker } from '../support/scripted-peer.ts'

type Client = 'pub' | 'sub'

const theirs = { pub: mosquittoPub, sub: mosquittoSub }

/** Answers as a broker does that grants everything, and publishes once to a subscriber. @returns every packet. */
async function record(peer: Peer, { args, delivered }: Case): Promise<string[]> {
  const packets: string[] = []
  let unsubscribes = args.filter((word) => word === '-U').length
  const deliver = () => {
    if (unsubscribes === 0 && delivered !== undefined)
      peer.publish({ topic: 'got', payload: 'x', packetId: 5, ...delivered })
  }
  const answers: Record<string, (packet: Packet) => void> = {
    // Topic Alias Maximum of 10 [MQTT 5, 3.2.2.3.8].
    CONNECT: () => peer.connack({ properties: [0x22, 0, 10] }),
    SUBSCRIBE: ({ body }) => {
      peer.suback(
        body.readUInt16BE(0),
        filtersIn(body, peer.version).map(() => 2),
      )
      deliver()
    },
    UNSUBSCRIBE: ({ body }) => {
      peer.send([0xb0, ...(peer.version === 5 ? [4] : [2]), body[0]!, body[1]!, ...(peer.version === 5 ? [0, 0] : [])])
      unsubscribes--
      deliver()
    },
    PUBLISH: ({ flags, body }) => {
      const qos = (flags >> 1) & 3
      if (qos > 0) peer.send(ack(qos === 1 ? 'PUBACK' : 'PUBREC', body.readUInt16BE(2 + body.readUInt16BE(0))))
    },
    PUBREC: ({ body }) => peer.send(ack('PUBREL', body.readUInt16BE(0))),
    PUBREL: ({ body }) => peer.send(ack('PUBCOMP', body.readUInt16BE(0))),
  }
  for (;;) {
    const packet = await peer.packet().catch(() => undefined)
    if (packet === undefined) return packets
    packets.push(`${packet.type} ${packet.bytes.toString('hex')}`)
    answers[packet.type]?.(packet)
    if (packet.type === 'DISCONNECT') peer.end()
  }
}

/** Where each filter of a SUBSCRIBE starts. */
function filtersIn(body: Buffer, version: number): number[] {
  const found: number[] = []
  let at = 2 + (version === 5 ? 1 + body[2]! : 0)
  for (; at < body.length; at += 3 + body.readUInt16BE(at)) found.push(at)
  return found
}

interface Case {
  readonly client: Client
  readonly args: readonly string[]
  readonly stdin?: string
  /** What the broker publishes to a subscriber. */
  readonly delivered?: { readonly qos: number }
}

const will = ['--will-topic', 'w', '--will-payload', 'gone', '--will-qos', '1', '--will-retain']

const everyVersion: readonly Case[] = [
  ...[0, 1, 2].flatMap((qos): Case[] => [
    { client: 'pub', args: ['-t', 'a/b', '-m', 'x y', '-q', `${qos}`] },
    { client: 'pub', args: ['-t', 'a', '-l', '-q', `${qos}`], stdin: 'one\n\ntwo\r\nlast' },
    { client: 'pub', args: ['-t', 'a', '-m', 'again', '--repeat', '3', '-q', `${qos}`] },
    { client: 'sub', args: ['-t', 'b', '-t', '1', '-t', 'a/+', '-q', `${qos}`, '-C', '1'], delivered: { qos } },
  ]),
  { client: 'pub', args: ['-t', 'é/😀', '-m', '', '-r'] },
  { client: 'pub', args: ['-t', 'a', '-n', '-r', '-q', '1'] },
  { client: 'pub', args: ['-t', 'a', '-s'], stdin: 'a\nb\0c' },
  { client: 'pub', args: ['-t', 'a', '-m', 'x'.repeat(200), '-u', 'joe', '-P', 'p w', '-k', '7'] },
  { client: 'pub', args: ['-t', 'a', '-m', '-x', '-u', ''] },
  { client: 'pub', args: ['-t', 'a', '-m', 'x', ...will] },
  { client: 'pub', args: ['-t', 'a', '-m', 'x', '-c', ...will.slice(0, 2)] },
  { client: 'sub', args: ['-t', '#', '-c', '-q', '1', '-C', '1'], delivered: { qos: 1 } },
  { client: 'sub', args: ['-t', 'a', '-E'] },
  { client: 'sub', args: ['-t', 'a', '-U', 'b', '-U', 'c/#', '-C', '1', '-q', '1'], delivered: { qos: 1 } },
  { client: 'sub', args: ['-t', 'a', '-R', '-C', '1'], delivered: { qos: 0 } },
  { client: 'sub', args: ['-t', 'a', '-T', 'got', '-W', '1'], delivered: { qos: 1 } },
]

const user = (packet: string) =>
  ['b', '2', 'a', '1', 'b'].flatMap((name) => ['-D', packet, 'user-property', name, `of ${name}`])

const mqtt5: readonly Case[] = [
  { client: 'pub', args: ['-t', 'a', '-m', 'x', ...user('connect'), '-D', 'connect', 'topic-alias-maximum', '9'] },
  {
    client: 'pub',
    args: [
      ...['-t', 'a', '-m', 'x', '-q', '1', '-D', 'publish', 'content-type', 'text/plain', ...user('publish')],
      ...['-D', 'publish', 'payload-format-indicator', '1', '-D', 'publish', 'message-expiry-interval', '4294967295'],
      ...['-D', 'publish', 'response-topic', 'r', '-D', 'publish', 'correlation-data', 'id'],
    ],
  },
  {
    client: 'pub',
    args: [
      '-t',
      'a',
      '-m',
      'x',
      ...will,
      '-D',
      'will',
      'will-delay-interval',
      '5',
      ...user('will'),
      '-D',
      'will',
      'content-type',
      'c',
    ],
  },
  { client: 'pub', args: ['-t', 'a', '-m', 'x', '-q', '1', '-D', 'publish', 'topic-alias', '3', '--repeat', '3'] },
  { client: 'pub', args: ['-t', 'a', '-l', '-D', 'publish', 'topic-alias', '3'], stdin: 'one\ntwo\nthree' },
  { client: 'sub', args: ['-t', 'a', '-x', '60', '-c', '-C', '1'], delivered: { qos: 0 } },
  { client: 'sub', args: ['-t', 'a', '-x', '∞', '-C', '1'], delivered: { qos: 0 } },
  {
    client: 'sub',
    args: ['-t', 'a', '-D', 'subscribe', 'subscription-identifier', '7', ...user('subscribe'), '-C', '1'],
    delivered: { qos: 2 },
  },
  {
    client: 'sub',
    args: ['-t', 'a', '-U', 'b', ...user('unsubscribe'), '--retain-as-published', '-C', '1'],
    delivered: { qos: 0 },
  },
]

/** What each sends, packet by packet. */
async function packetsOf(each: Case, version: string) {
  const { client, args, stdin } = each
  const peers = await Promise.all([startScriptedBroker(), startScriptedBroker()])
  // The window of mosquitto's clients stands in their CONNECT; tmqtt's is larger, so it says nothing.
  const window = version === '5' ? ['-D', 'connect', 'receive-maximum', '20'] : []
  const all = (port: number) => ['-h', '127.0.0.1', '-p', `${port}`, '-V', version, '-i', 'me', ...args, ...window]
  const input = stdin === undefined ? {} : { input: stdin }
  const their = theirs[client](all(peers[0].port), input)
  const our = runCli([client, ...all(peers[1].port)], stdin === undefined ? {} : { stdin })
  const recorded = await Promise.all(peers.map(async (peer) => await record(await peer.connection(), each)))
  return { recorded, codes: [(await their.exited).code, await our.exit] }
}

describe.skipIf(!hasMosquittoClients)('tmqtt sends what the client of mosquitto sends', () => {
  const cases = ['31', '311', '5'].flatMap((version) =>
    [...everyVersion, ...(version === '5' ? mqtt5 : [])].map((each) => ({
      ...each,
      version,
      shown: each.args.join(' '),
    })),
  )
  it.concurrent.for(cases)('$client -V $version $shown', async ({ version, ...each }, context) => {
    const { recorded, codes } = await besideOthers(context, () => packetsOf(each, version))
    expect(recorded[0]!.length).toBeGreaterThan(1)
    // mosquitto sends a repetition when the one before is delivered, tmqtt as soon as the window allows.
    const inOrder = (packets: readonly string[] | undefined) =>
      each.args.includes('--repeat') ? packets?.toSorted() : packets
    expect(inOrder(recorded[1])).toEqual(inOrder(recorded[0]))
    expect(codes[1]).toBe(codes[0])
  })
})
