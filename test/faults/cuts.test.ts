import { beforeAll, describe, expect, it } from 'vitest'
import { type Certificates, certificates } from '../support/certificates.ts'
import { besideOthers } from '../support/clean-up.ts'
import { type Cut, type Side, startLink } from '../support/link.ts'
import { hasMosquitto, type Mosquitto, startMosquitto } from '../support/mosquitto.ts'
import type { PacketType } from '../support/packets.ts'
import { type CliRun, runCli } from '../support/run.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { account } from './account.ts'
import { at } from './clients.ts'
import type { QoS, Transport } from './world.ts'

const END = 'the end'
const lines = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`)

type Step = readonly [from: Side, type: PacketType]
const opening: readonly Step[] = [
  ['client', 'CONNECT'],
  ['broker', 'CONNACK'],
]
const subscribing: readonly Step[] = [
  ['client', 'SUBSCRIBE'],
  ['broker', 'SUBACK'],
]

/** What goes between both until a message is delivered, by QoS, for one who sends it. */
function delivery(sender: Side, qos: QoS): readonly Step[] {
  const receiver = sender === 'client' ? 'broker' : 'client'
  const publish: Step = [sender, 'PUBLISH']
  if (qos === 0) return [publish]
  if (qos === 1) return [publish, [receiver, 'PUBACK']]
  return [publish, [receiver, 'PUBREC'], [sender, 'PUBREL'], [receiver, 'PUBCOMP']]
}

interface Case {
  readonly cut: Cut
  readonly qos: QoS
  readonly transport: Transport
  /** Also its client identifier and topic. */
  readonly name: string
}

function casesOf(program: string, steps: (qos: QoS) => readonly Step[]): readonly Case[] {
  return (['tcp', 'tls', 'ws'] as const).flatMap((transport) =>
    ([0, 1, 2] as const).flatMap((qos) =>
      steps(qos).flatMap(([from, type]) =>
        (['before', 'after'] as const).map((when) => ({
          cut: { from, type, when },
          qos,
          transport,
          name: `${program} ${when} ${type} over ${transport} at QoS ${qos}`,
        })),
      ),
    ),
  )
}

describe.skipIf(!hasMosquitto)('a connection that is cut', () => {
  let broker: Mosquitto
  let files: Certificates
  let observer: CliRun
  let direct: string[]
  beforeAll(async () => {
    files = await certificates()
    broker = await startMosquitto({ quiet: true })
    direct = at({ transport: 'tcp', port: broker.ports.tcp, cafile: files.ca })
    observer = runCli(['sub', ...direct, '-t', '#', '-q', '2', '-v'])
    await broker.waitForLog(' 2 #\n')
  })

  /** A broken network, and the options for one who sits behind it. */
  async function behindLink({ cut, qos, transport, name }: Case) {
    const settings = { websocket: true, tls: { ...files.server, cafile: files.ca }, packets: true }
    const link = await startLink(broker.ports.tcp, settings)
    const session = ['-i', name, '-c', '-q', String(qos), '-t', name, '--reconnect-delay', '50ms']
    return {
      isCut: link.cutAt(cut),
      args: [...at({ transport, port: link.ports[transport], cafile: files.ca }), ...session],
    }
  }

  const publish = (topic: string, payloads: readonly string[]) =>
    runCli(['pub', ...direct, '-t', topic, '-q', '2', '-l'], { stdin: `${payloads.join('\n')}\n` }).exit

  const received = (output: string, prefix = '') =>
    output.split('\n').flatMap((line) => {
      const payload = line.slice(prefix.length)
      return line.startsWith(prefix) && payload !== '' && payload !== END ? [payload] : []
    })

  describe.concurrent('of pub', () => {
    for (const each of casesOf('pub', (qos) => [...opening, ...delivery('client', qos), ['client', 'DISCONNECT']])) {
      it(each.name, (context) =>
        besideOthers(context, async () => {
          const { args, isCut } = await behindLink(each)
          const publisher = spawnTmqtt(['pub', ...args, '-l'], { input: `${lines.join('\n')}\n` })
          const { code } = await publisher.exited
          await isCut
          await publish(each.name, [END])
          await observer.waitForStdout(`${each.name} ${END}\n`)
          const { lost, duplicated, ...wrong } = account(lines, received(observer.stdout.toString(), `${each.name} `))
          expect(wrong).toEqual({ unexpected: 0, misplaced: 0 })
          if (isOpening(each)) {
            expect({ code, lost }, publisher.stderr).toEqual({ code: 3, lost: lines.length })
            expect(publisher.stderr).toMatch(/^tmqtt pub: cannot reach .*\n$/)
          } else if (each.qos > 0) {
            expect({ code, lost }, publisher.stderr).toEqual({ code: 0, lost: 0 })
          } else if (code !== 0) {
            expect(code).toBe(7)
            expect(publisher.stderr).toContain('may be lost')
          }
          if (each.qos !== 1) expect(duplicated).toBe(0)
        }),
      )
    }
  })

  describe.concurrent('of sub', () => {
    for (const each of casesOf('sub', (qos) => [...opening, ...subscribing, ...delivery('broker', qos)])) {
      it(each.name, (context) =>
        besideOthers(context, async () => {
          const { args, isCut } = await behindLink(each)
          const subscriber = spawnTmqtt(['sub', ...args])
          if (isOpening(each)) {
            expect(await subscriber.exited).toEqual({ code: 3, signal: null })
            expect(subscriber.stderr).toMatch(/^tmqtt sub: cannot reach .*\n$/)
            return
          }
          await broker.waitForLog(`${each.name} ${each.qos} ${each.name}\n`)
          // One that was cut here may have subscribed on a connection that is gone: it is back by then.
          if (subscribing.some(([, type]) => type === each.cut.type))
            await subscriber.waitForStderr('connected again\n')
          await publish(each.name, lines)
          if (each.qos > 0) await publish(each.name, [END])
          else await untilReceived(subscriber.waitForStdout(`${END}\n`), () => publish(each.name, [END]))
          await subscriber.waitForStdout(`${END}\n`)
          await isCut
          subscriber.kill('SIGINT')
          expect(await subscriber.exited, subscriber.stderr).toEqual({ code: 0, signal: null })
          const { lost, duplicated, ...wrong } = account(lines, received(subscriber.stdout.toString()))
          expect(wrong).toEqual({ unexpected: 0, misplaced: 0 })
          if (each.qos > 0) expect(lost).toBe(0)
          if (each.qos !== 1) expect(duplicated).toBe(0)
        }),
      )
    }
  })
})

/** Whether there never was a connection. */
function isOpening({ cut: { type, when } }: Case): boolean {
  return type === 'CONNECT' || (type === 'CONNACK' && when === 'before')
}

/** What goes out at QoS 0 while nobody is there is gone: it is said again. */
async function untilReceived(receiving: Promise<unknown>, say: () => Promise<unknown>): Promise<void> {
  let isReceived = false
  const received = receiving.then(() => {
    isReceived = true
  })
  while (!isReceived) await Promise.race([say(), received])
}
