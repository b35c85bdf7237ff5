import { expect } from 'vitest'
import { propertyList } from '../../src/mqtt/properties.ts'
import { publishHeader } from '../../src/mqtt/publish-header.ts'
import { Publisher } from '../../src/mqtt/publisher.ts'
import { Session } from '../../src/mqtt/session.ts'
import { optionsFor } from '../mqtt/client.ts'
import { mosquittoSub } from '../support/mosquitto-clients.ts'
import { runCli } from '../support/run.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import type { GeneratedMessage } from './generated.ts'
import type { KnownBroker } from './known-broker.ts'

/** How a run ended, and what it printed: bytes in Latin 1, without the time in JSON. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** mosquitto_sub and `tmqtt sub` with the same arguments. */
export interface Pair {
  readonly args: readonly string[]
  /** With what 2.0.11 prints otherwise as 2.1 prints it. */
  readonly theirs: Promise<Outcome>
  readonly ours: Promise<Outcome>
}

/** Runs both; tmqtt in a process of its own if it is to be `spawned`. */
export function runPair(broker: KnownBroker, id: string, args: readonly string[], spawned = false): Pair {
  const at = ['-h', '127.0.0.1', '-p', String(broker.port)]
  const theirs = mosquittoSub([...at, '-i', `${id}-theirs`, ...args])
  const ourArgs = ['sub', ...at, '-i', `${id}-ours`, ...args]
  const ours = spawned ? spawnTmqtt(ourArgs) : runCli(ourArgs)
  const exit = 'exited' in ours ? ours.exited.then(({ code }) => code) : ours.exit
  return {
    args,
    theirs: theirs.exited.then(({ code }) => {
      return { code, stdout: withoutTime(newer(theirs.stdout.toString('latin1'))), stderr: theirs.stderr }
    }),
    ours: exit.then((code) => ({ code, stdout: withoutTime(ours.stdout.toString('latin1')), stderr: ours.stderr })),
  }
}

/** Runs both, and returns when both are subscribed to the last filter of their arguments. */
export async function subscribePair(...[broker, id, args, spawned]: Parameters<typeof runPair>): Promise<Pair> {
  const pair = runPair(broker, id, args, spawned)
  const filter = args[args.lastIndexOf('-t') + 1]!
  await Promise.all(['theirs', 'ours'].map((who) => broker.subscribed(filter, `${id}-${who}`)))
  return pair
}

export async function expectSame(pair: Pair, hint: string): Promise<void> {
  const [theirs, ours] = await Promise.all([pair.theirs, pair.ours])
  const what = `${hint}: ${JSON.stringify(pair.args)}\n${theirs.stderr}\n${ours.stderr}`
  expect(ours.stdout, what).toBe(theirs.stdout)
  expect(ours.code, what).toBe(theirs.code)
}

/** Publishes one after the other; at the end the broker has those at QoS 1 and 2, and all before them. */
export async function publish({ port }: KnownBroker, messages: readonly GeneratedMessage[]): Promise<void> {
  const events = { signal: new AbortController().signal, notice: () => {} }
  const session = await Session.connect(optionsFor({ port }, { protocolVersion: 5, clientId: 'publisher' }), events)
  const publisher = new Publisher(session, { maxInflight: 1000, ackTimeoutMs: 10_000, notice: () => {} })
  session.start()
  for (const message of messages) {
    const { payload, properties = {} } = message
    await publisher.publish(publishHeader(5, { ...message, properties: propertyList(properties) }), {
      bytes: payload,
      bounds: [0, payload.length],
    })
  }
  await publisher.drain()
  await session.end()
}

/** JSON of 2.0.11 as 2.1, whose ways tmqtt has, prints it; it leaves JSON of 2.1 alone. */
export function newer(json: string): string {
  return (
    json
      // A stray `Z` between the fraction of the second and the zone.
      .replace(/("tst":\t?"[\d-]+T[\d:]+\.\d{6})Z(?=[+-]\d{4}")/g, '$1')
      // `retain` as a number.
      .replace(/("retain":\t?)([01])(?=,)/g, (_all, key, value) => `${key}${value === '1'}`)
      // User properties as one object. (With --pretty the tests leave them out.)
      .replace(userProperties, (object) => {
        const members = object.slice('"user-properties":{'.length).match(textMember)
        return `"user-properties":[${members!.map((member) => `{${member}}`)}]`
      })
  )
}

const textMember = /"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"/g
const userProperties = new RegExp(`"user-properties":\\{(?:${textMember.source},?)+\\}`, 'g')

function withoutTime(output: string): string {
  return output.replace(/(?<="tst":\t?")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000(?=")/g, 'TIME')
}
