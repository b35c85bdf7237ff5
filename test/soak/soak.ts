import { setTimeout as delay } from 'node:timers/promises'
import { startMosquitto } from '../support/mosquitto.ts'
import { Random } from '../support/random.ts'
import { type Cast, type Client, type Starter, startCast, startStarter } from './clients.ts'
import { type Happened, makeFaults } from './faults.ts'
import { type Asked, ask, feed } from './load.ts'
import { type Samples, watchMemory } from './memory.ts'
import { lineOf, type Tally, tallyOf } from './tally.ts'

export interface SoakSettings {
  readonly minutes: number
  /** Repeats which faults happen and for how long, but not where the programs are when they do. */
  readonly seed: number
}

/** A program at its end. */
export interface Ended {
  readonly client: Client
  readonly reconnects: number
  /** Nothing when it had to be killed. */
  readonly code: number | null
}

export interface SoakResult extends SoakSettings {
  readonly happened: readonly Happened[]
  readonly asked: Asked
  /** Lines by topic. */
  readonly sent: ReadonlyMap<string, number>
  readonly publishers: readonly Ended[]
  readonly subscribers: readonly (Ended & { readonly tally: Tally })[]
  readonly answerer: Ended
  /** By program, from the start. */
  readonly memory: ReadonlyMap<string, Samples>
}

/** For all programs together to come to their end, once there are no more faults. */
const PATIENCE_MS = 60_000

/** Runs pub, sub, rr and reply against mosquitto over links that break, freeze and so on. */
export async function soak({ minutes, seed }: SoakSettings): Promise<SoakResult> {
  const random = new Random(seed)
  const broker = await startMosquitto({ persistence: true, quiet: true, config: ['autosave_interval 0'] })
  const starter = await startStarter(broker.ports.tcp)
  const cast = await startCast(starter)
  for (const { name } of cast.subscribers) await broker.waitForLog(new RegExp(`: ${name} [12] soak/\\+$`, 'm'))
  await broker.waitForLog(/: reply 1 ask$/m)
  // A first connection is not tried again.
  for (const { name } of cast.publishers) await broker.waitForLog(` as ${name} (`)
  const asker = { name: 'rr', link: await starter.link() }

  const over = new AbortController()
  const load = Promise.all(
    cast.publishers.map((each) => feed(each, new Random(random.integer(0, 2 ** 31)), over.signal)),
  )
  const asking = ask(starter, asker.link, new Random(random.integer(0, 2 ** 31)), over.signal)
  const watching = watchMemory(
    cast.all.map(({ name, program }) => ({ name, pid: program.pid })),
    over.signal,
  )
  const faults = makeFaults({ random, broker, victims: [...cast.all, asker] }, over.signal)
  try {
    // They last until it is over, unless they fail.
    await Promise.race([delay(minutes * 60_000), faults, asking])
  } finally {
    over.abort()
  }
  const happened = await faults
  const [counts, asked, memory] = await Promise.all([load, asking, watching])
  const sent = new Map(cast.publishers.map(({ name }, at) => [`soak/${name}`, counts[at]!]))
  return { minutes, seed, happened, asked, sent, memory, ...(await end(cast, starter, sent)) }
}

/** What no publisher of the soak sends, behind all that they have sent. */
const END = 'soak/end'

async function end(cast: Cast, starter: Starter, sent: ReadonlyMap<string, number>) {
  const patience = delay(PATIENCE_MS, undefined, { ref: false })
  const ended = async (client: Client): Promise<Ended> => {
    const { program, link } = client
    const exited = await Promise.race([program.exited, patience])
    if (exited === undefined) await program.stop()
    return { client, reconnects: link.connections - 1, code: exited?.code ?? null }
  }
  const publishers = await Promise.all(cast.publishers.map(ended))
  const last = starter.start(await starter.link(), 'tcp', ['pub', '-t', END, '-q', '2', '-m', lineOf(1)])
  await Promise.race([last.exited, patience])
  const subscribers = await Promise.all(
    cast.subscribers.map(async (client) => {
      await Promise.race([client.program.waitForStdout(`${END} `), patience]).catch(() => {})
      client.program.kill('SIGTERM')
      const how = await ended(client)
      return { ...how, tally: tallyOf(client.program.stdout.toString(), new Map([...sent, [END, 1]])) }
    }),
  )
  cast.answerer.program.kill('SIGTERM')
  return { publishers, subscribers, answerer: await ended(cast.answerer) }
}
