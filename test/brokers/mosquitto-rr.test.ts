import { describe, expect, it } from 'vitest'
import { hasMosquitto } from '../support/mosquitto.ts'
import { hasMosquittoClients, mosquittoRr } from '../support/mosquitto-clients.ts'
import { ack, lengthPrefixed, readPublish } from '../support/packets.ts'
import type { Program } from '../support/program.ts'
import { runCli } from '../support/run.ts'
import { type Peer, startScriptedBroker } from '../support/scripted-peer.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { knownMosquitto } from './known-broker.ts'
import { newer } from './side-by-side.ts'

/** What a run of a client looks like from outside. */
interface Seen {
  readonly code: number | null
  readonly stdout: string
  /** In hex, in the order in which they came; acknowledgements by themselves, since they may come sooner or later. */
  readonly packets: readonly string[]
  readonly acknowledgements: readonly string[]
}

/** What the scripted broker does when a request has come. */
type Answer = (peer: Peer, packetId: number | undefined) => void

/** Runs a client against a broker that subscribes it, takes its request, and answers. */
async function see(start: (args: readonly string[]) => Program, args: readonly string[], answer: Answer) {
  const server = await startScriptedBroker()
  const program = start(['-h', '127.0.0.1', '-p', String(server.port), '-t', 'req', '-e', 'res', ...args])
  const peer = await server.connection()
  const packets = [(await peer.accept()).bytes]
  packets.push((await peer.acceptSubscribe(0)).bytes)
  const request = await peer.packet('PUBLISH')
  packets.push(request.bytes)
  const { qos, packetId } = readPublish(request, peer.version)
  if (qos === 1) peer.send(ack('PUBACK', packetId!))
  if (qos === 2) {
    peer.send(ack('PUBREC', packetId!))
    await peer.packet('PUBREL')
    peer.send(ack('PUBCOMP', packetId!))
  }
  answer(peer, packetId)
  const acknowledgements: Buffer[] = []
  for (;;) {
    const packet = await peer.packet().catch(() => undefined)
    if (packet === undefined) break
    const isAcknowledgement = packet.type.startsWith('PUB')
    ;(isAcknowledgement ? acknowledgements : packets).push(packet.bytes)
    if (packet.type === 'PUBREC') peer.send(ack('PUBREL', packet.body.readUInt16BE(0)))
  }
  const { code } = await program.exited
  const hex = (all: readonly Buffer[]) => all.map((bytes) => bytes.toString('hex'))
  const seen: Seen = {
    code,
    stdout: newer(program.stdout.toString('latin1')),
    packets: hex(packets),
    acknowledgements: hex(acknowledgements),
  }
  return seen
}

async function seeBoth(args: readonly string[], answer: Answer) {
  const theirs = await see(mosquittoRr, args, answer)
  const ours = await see((words) => spawnTmqtt(['rr', ...words]), args, answer)
  return { theirs, ours }
}

const answerWith =
  (publish: Partial<Parameters<Peer['publish']>[0]>): Answer =>
  (peer) =>
    peer.publish({ topic: 'res', payload: 'answer', ...publish })

describe.skipIf(!hasMosquittoClients)('tmqtt rr beside mosquitto_rr', { timeout: 30_000 }, () => {
  it.each<[args: string[], answer?: Answer]>([
    [['-m', 'question']],
    [['-m', '']],
    [['-n', '-v']],
    [['-n', '-v', '-N']],
    [['-n', '-N']],
    [['-n', '-F', '%t %p %q %r %l %m'], answerWith({ qos: 1, packetId: 9 })],
    [['-m', 'x', '-q', '0']],
    [['-m', 'x', '-q', '1']],
    [['-m', 'x', '-q', '2'], answerWith({ qos: 1, packetId: 5 })],
    [['-m', 'x', '-V', '311']],
    [['-m', 'x', '-V', '311', '-q', '2', '-v']],
    [['-m', 'x', '-V', 'mqttv5', '-i', 'me']],
    [['-m', 'x', '-c', '-i', 'me', '-x', '60', '-k', '20']],
    [['-m', 'x', '-u', 'joe', '-P', 'secret', '--will-topic', 'w', '--will-payload', 'p', '--will-qos', '1']],
    [['-m', 'x', '-D', 'publish', 'content-type', 'text/plain', '-D', 'publish', 'user-property', 'a', 'b']],
    [['-m', 'x', '-D', 'connect', 'user-property', 'a', 'b', '-D', 'subscribe', 'user-property', 'c', 'd']],
    [
      ['-m', 'x', '-D', 'publish', 'correlation-data', 'mine', '-F', '%D|%R|%C'],
      answerWith({
        properties: Buffer.from([3, ...lengthPrefixed('t'), 9, ...lengthPrefixed('data')]),
      }),
    ],
    [['-m', 'x'], answerWith({ payload: 'stale', retain: true })],
    [['-m', 'x'], answerWith({ payload: '' })],
    [['-m', 'x', '-v'], answerWith({ payload: '' })],
    [['-m', 'x', '-W', '20'], answerWith({ payload: Buffer.from([0, 255, 10]) })],
    [['-m', 'x', '-W', '1'], () => {}],
    [['-m', 'x', '-W', '1', '-V', '311'], () => {}],
    [['-m', 'x', '-W', '1', '-q', '2'], () => {}],
    [['-m', 'x'], (peer) => peer.destroy()],
    [['-m', 'x', '-V', '311', '-q', '1'], (peer) => peer.destroy()],
  ])('sends, prints and exits the same with %j', async (args, answer = answerWith({})) => {
    const { theirs, ours } = await seeBoth(args, answer)
    expect(ours).toEqual(theirs)
  })

  it.skipIf(!hasMosquitto).each(['311', '5'])(
    'is answered by the same answer at the same broker, -V %s, and has its will published as well',
    async (version) => {
      const broker = await knownMosquitto()
      const at = ['-h', '127.0.0.1', '-p', String(broker.port), '-V', version]
      const watcher = runCli(['sub', ...at, '-t', 'will', '-C', '2'])
      await broker.subscribed('will')
      await runCli(['pub', ...at, '-t', 'res', '-q', '1', '-r', '-m', 'kept\nanswer']).exit
      const args = [...at, '-t', 'req', '-e', 'res', '-m', 'x', '-q', '1', '-F', '%r %t %p', '--will-topic', 'will']
      const theirs = mosquittoRr([...args, '--will-payload', 'theirs'])
      expect(await theirs.exited).toEqual({ code: 0, signal: null })
      const ours = spawnTmqtt(['rr', ...args, '--will-payload', 'ours'])
      expect(await ours.exited).toEqual({ code: 0, signal: null })
      expect(ours.stdout.equals(theirs.stdout)).toBe(true)
      expect(ours.stdout.toString()).toBe('1 res kept\nanswer\n')
      expect(await watcher.exit).toBe(0)
      expect(watcher.stdout.toString()).toBe('theirs\nours\n')
    },
  )
})
