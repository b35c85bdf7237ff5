import { setTimeout as delay } from 'node:timers/promises'
import type { Link } from '../support/link.ts'
import type { Mosquitto } from '../support/mosquitto.ts'
import type { Program } from '../support/program.ts'
import type { Random } from '../support/random.ts'
import { KEEP_ALIVE } from './clients.ts'

/** Whom faults happen to. */
export interface Victim {
  readonly name: string
  readonly link: Link
  /** Where it is the same one all the time. */
  readonly program?: Program
}

export interface Stage {
  readonly random: Random
  readonly broker: Mosquitto
  readonly victims: readonly Victim[]
}

/** All is well again when this resolves. */
type Fault = (stage: Stage, some: readonly Victim[]) => Promise<void>

/** In ms: with the first nobody gives up, with the second everybody does. */
const shorter = (random: Random) => random.integer(100, KEEP_ALIVE * 500)
const longer = (random: Random) => random.integer(KEEP_ALIVE * 1600, KEEP_ALIVE * 2400)

const freezing =
  (lasts: typeof shorter): Fault =>
  async ({ random }, some) => {
    for (const { link } of some) link.freeze()
    await delay(lasts(random))
    for (const { link } of some) link.thaw()
  }

const stopping =
  (lasts: typeof shorter): Fault =>
  async ({ random }, some) => {
    for (const { program } of some) program?.kill('SIGSTOP')
    await delay(lasts(random))
    for (const { program } of some) program?.kill('SIGCONT')
  }

const pausing =
  (lasts: typeof shorter): Fault =>
  async ({ random, broker }) => {
    broker.pause()
    await delay(lasts(random))
    broker.resume()
  }

const faults: Readonly<Record<string, Fault>> = {
  async cut(_stage, some) {
    for (const { link } of some) link.cut()
  },

  async 'cut at a packet'({ random }, some) {
    const cuts = some.map(({ link }) =>
      link.cutAt({
        from: random.pick(['client', 'broker']),
        type: random.pick(['PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP']),
        nth: random.integer(1, 50),
        when: random.pick(['before', 'after']),
      }),
    )
    // Not every packet is on its way on every link; such a cut waits there for the rest of the soak.
    await Promise.race([Promise.all(cuts), delay(1000)])
  },

  freeze: freezing(shorter),
  'long freeze': freezing(longer),

  async limit({ random }, some) {
    for (const { link } of some) link.limit(random.integer(500, 20_000))
    await delay(random.integer(500, 5000))
    for (const { link } of some) link.limit(Number.POSITIVE_INFINITY)
  },

  'stopped client': stopping(shorter),
  'long stopped client': stopping(longer),
  'stopped broker': pausing(shorter),
  'long stopped broker': pausing(longer),

  async 'broker restart'({ random, broker }) {
    await broker.kill('SIGTERM')
    await delay(random.integer(0, 2000))
    await broker.restart()
  },

  /**
   * What mosquitto has acknowledged since it last saved its state is forgotten with SIGKILL, however often it saves: it
   * answers first. Here it answers nobody any more when it saves.
   */
  async 'broker killed'({ random, broker, victims }) {
    for (const { link } of victims) {
      link.freeze()
      link.cut()
    }
    await broker.save()
    await broker.kill('SIGKILL')
    await delay(random.integer(0, 2000))
    await broker.restart()
    for (const { link } of victims) link.thaw()
  },
}

/**
 * Breaks all connections over and over: measured, a program has compiled its code and grown into its heap after some
 * 700 of them, and has no more memory after 3000.
 */
export async function wearIn(victims: readonly Victim[], lastsMs: number, over: AbortSignal): Promise<void> {
  const end = performance.now() + lastsMs
  while (performance.now() < end && !over.aborted) {
    for (const { link } of victims) link.cut()
    await delay(350)
  }
}

/** What happened, and to whom. */
export interface Happened {
  readonly atMs: number
  readonly fault: string
  readonly to: string
}

/** One fault after the other, each as often as any other, until it is `over`. */
export async function makeFaults(stage: Stage, over: AbortSignal): Promise<Happened[]> {
  const { random, victims } = stage
  const began = performance.now()
  const happened: Happened[] = []
  let left: string[] = []
  while (!over.aborted) {
    if (left.length === 0) left = Object.keys(faults)
    const fault = random.pick(left)
    left = left.filter((each) => each !== fault)
    const one = random.pick(victims)
    const some = victims.filter((each) => each === one || random.once(3))
    happened.push({
      atMs: Math.round(performance.now() - began),
      fault,
      to: fault.includes('broker') ? 'broker' : some.map(({ name }) => name).join(' '),
    })
    await faults[fault]!(stage, some)
    await delay(random.integer(100, 2000))
  }
  return happened
}
