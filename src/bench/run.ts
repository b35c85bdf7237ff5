import { UsageError } from '../errors.ts'
import { Clock, epochNow, type HostClock } from './clock.ts'
import type { Counted } from './meter.ts'
import type { Counts } from './metrics.ts'
import type { CrewSetup, Progress, Report, Worker } from './orders.ts'
import { partNames } from './parts/part-names.ts'
import type { Parts, Standing, Start } from './parts/parts.ts'
import { partsOf } from './parts/parts-of.ts'
import type { Plan } from './plan.ts'
import { Profiles } from './profiles.ts'
import type { Interval, Result } from './result.ts'
import { clientsOf, hasLoad } from './roster.ts'
import { endSessionsMs } from './session-ends.ts'
import { MOST_PUBLISHERS } from './stamp.ts'
import { crewHere, crewInThread } from './threads.ts'
import { Timeline } from './timeline.ts'
import { brokerLimitsOf, connectionCounts, mergedMeasured, messageCounts, slowCounts } from './totals.ts'
import { Waiting } from './waiting.ts'

export type Phase = Interval['phase'] | 'meet' | 'disconnect'

type Agreed = Exclude<Start, { readonly refused: unknown }>

export interface RunEvents {
  /** Is told at each interval until the drain phase what was counted so far. A reason ends the measurement. */
  endsFor?(counts: Counts): string | undefined
  onInterval?(interval: Interval): void
  onPhase?(phase: Phase): void
  /** What works but is unwise; for stderr. */
  notice(text: string): void
  /** Ends the run early; the result is then of what was measured. */
  readonly signal: AbortSignal
  /** The file of this program, for other threads to run. */
  readonly program: URL
  /** Of this machine. */
  readonly host: HostClock
  /** Processor time of the whole process, in microseconds. */
  cpuUsage(): { readonly user: number; readonly system: number }
}

/** The drain phase of a run that the user has stopped. */
const HASTY_DRAIN_MS = 1000

/** How long workers may take to tell their last. */
const LAST_WORDS_MS = 10_000

/**
 * Runs the plan through its phases. Whatever the broker does, this ends.
 *
 * @throws UsageError for connection options that can't be used, and more publishers than stamps can tell apart.
 */
export async function runBench(plan: Plan, events: RunEvents): Promise<Result> {
  const run = new Run(plan, events)
  try {
    return await run.result()
  } finally {
    await run.stop()
  }
}

class Run {
  readonly #plan: Plan
  readonly #events: RunEvents
  readonly #clock: Clock
  readonly #workers: readonly Worker[]
  readonly #timeline: Timeline
  readonly #parts: Parts
  /** What each worker has told, by its number. */
  readonly #settled = new Map<number, { readonly connected: number; readonly unsubscribed: readonly number[] }>()
  readonly #loaded = new Set<number>()
  readonly #progress = new Map<number, Progress>()
  readonly #soFar = new Map<number, Counted>()
  readonly #counted = new Map<number, Counted>()
  #incomplete: string | undefined
  readonly #waiting: Waiting
  /** Why the measurement ends early, until it does. */
  #end: string | undefined
  #isDraining = false

  constructor(plan: Plan, events: RunEvents) {
    this.#plan = plan
    this.#events = events
    this.#waiting = new Waiting(events.signal, () => this.#endsEarly())
    const epoch = epochNow(events.host)
    this.#clock = new Clock(epoch)
    this.#parts = partsOf({
      plan,
      clock: this.#clock,
      host: events.host,
      changed: () => this.#waiting.changed(),
      notice: (text) => this.#notice(text),
    })
    const setups = Array.from({ length: plan.workers }, (_, worker): CrewSetup => ({ plan, worker, epoch }))
    if (clientsOf(plan, 'publisher') > MOST_PUBLISHERS)
      throw new UsageError(`a run has at most ${MOST_PUBLISHERS} publishers`)
    // What is wrong with the options shows here, as the error that it is.
    if (plan.workers > 1) new Profiles(plan, (text) => this.#notice(text))
    this.#workers = setups.map((setup) => {
      const take = (report: Report) => this.#take(setup.worker, report)
      return plan.workers === 1 ? crewHere(setup, take) : crewInThread(setup, events.program, take)
    })
    const cpuMs = () => {
      const { user, system } = events.cpuUsage()
      return (user + system) / 1000
    }
    const onInterval = (interval: Interval) => events.onInterval?.(interval)
    this.#timeline = new Timeline(this.#clock, this.#workers, plan.intervalMs, cpuMs, onInterval)
  }

  async result(): Promise<Result> {
    const began = new Date().toISOString()
    const agreed = await this.#connect()
    const { fromUs, measuredMs } = agreed === undefined ? { fromUs: 0, measuredMs: 0 } : await this.#measure(agreed)
    await this.#leave()
    const counted = [...this.#counted.values()]
    const untilLast = (us: readonly number[]) => Math.max(measuredMs, ...us.map((each) => (each - fromUs) / 1000))
    const { intervals } = this.#timeline
    return {
      began,
      measuredMs,
      acknowledgingMs: untilLast(counted.map(({ lastAcknowledgedUs }) => lastAcknowledgedUs)),
      receivingMs: untilLast(counted.map(({ lastReceivedUs }) => lastReceivedUs)),
      incomplete: this.#incomplete,
      connections: connectionCounts(this.#plan, counted),
      messages: messageCounts(this.#plan, counted),
      slow: slowCounts(this.#plan, counted),
      measured: mergedMeasured(intervals.map(({ measured }) => measured)),
      intervals,
      brokerLimits: brokerLimitsOf(counted),
      clocks: this.#parts.clock === undefined ? [] : [this.#parts.clock],
    }
  }

  async stop(): Promise<void> {
    this.#timeline.end()
    this.#parts.stop()
    await Promise.all(this.#workers.map((worker) => worker.stop()))
  }

  /** @returns how all parts begin, if there are enough connections to measure. */
  async #connect(): Promise<Agreed | undefined> {
    this.#events.onPhase?.('connect')
    this.#orderAll({ do: 'connect' })
    await this.#waiting.until(() => this.#settled.size === this.#workers.length)
    if (this.#incomplete !== undefined) return undefined
    this.#enter('settle')
    if (this.#plan.shard.of > 1) this.#events.onPhase?.('meet')
    const settled = [...this.#settled.values()]
    this.#parts.ready({
      connected: settled.reduce((sum, { connected }) => sum + connected, 0),
      intended: connectionCounts(this.#plan, []).intended,
      unsubscribed: settled.flatMap(({ unsubscribed }) => unsubscribed),
    })
    await this.#waiting.until(() => this.#parts.start !== undefined)
    const { start } = this.#parts
    if (start === undefined) return undefined
    if (!('refused' in start)) return start
    if (start.refused instanceof UsageError) throw start.refused
    this.#incomplete = start.refused
    return undefined
  }

  /** @returns from when on messages that count were due, and for how long. */
  async #measure({ atUs, unsubscribed, aheadUs }: Agreed): Promise<{ fromUs: number; measuredMs: number }> {
    const { warmupMs, drainMs } = this.#plan.phases
    this.#orderAll({ do: 'load', atUs, unsubscribed, aheadUs })
    await this.#waitUntil(atUs)
    const fromUs = atUs + warmupMs * 1000
    if (warmupMs > 0 && this.#incomplete === undefined) {
      this.#enter('warmup')
      await this.#waitUntil(fromUs)
    }
    if (this.#incomplete === undefined) {
      this.#enter('measure')
      await this.#waitForLoad(fromUs)
    }
    const measuredMs = Math.max(0, (this.#clock.us() - fromUs) / 1000)
    this.#isDraining = true
    this.#enter('drain')
    this.#progress.clear()
    this.#orderAll({ do: 'drain' })
    // What is on its way when the user stops the run is not lost.
    const isStopped = this.#incomplete === 'interrupted'
    const limitMs = isStopped ? Math.min(drainMs, HASTY_DRAIN_MS) : drainMs
    await this.#waiting.untilAwake(() => this.#parts.hasDrained, limitMs, !isStopped)
    const { gone } = this.#parts
    if (gone.length > 0) this.#incomplete ??= `${partNames(gone, this.#plan.shard.of)} ended before the others`
    return { fromUs, measuredMs: Math.min(measuredMs, this.#plan.phases.measureMs) }
  }

  async #waitForLoad(fromUs: number): Promise<void> {
    const receivesOnly = !hasLoad(this.#plan)
    const isOver = () => this.#parts.isLoaded || this.#hasLostAll
    const endUs = fromUs + this.#plan.phases.measureMs * 1000
    await this.#waiting.until(isOver, receivesOnly ? (endUs - this.#clock.us()) / 1000 : Number.POSITIVE_INFINITY)
    const isDone = receivesOnly ? this.#clock.us() >= endUs : this.#standing.loaded
    // A flood has come when everybody is still there.
    const isGone = this.#hasLostAll && (!isDone || this.#plan.subscribe?.retained !== undefined)
    if (isGone) this.#incomplete ??= 'every connection was lost'
  }

  get #hasLostAll(): boolean {
    const hadSome = [...this.#settled.values()].some(({ connected }) => connected > 0)
    return hadSome && this.#progress.size === this.#workers.length && this.#standing.alive === 0
  }

  /** As far as its workers have told. */
  get #standing(): Standing {
    const all = [...this.#progress.values()]
    const sumOf = (name: keyof Progress) => all.reduce((sum, progress) => sum + progress[name], 0)
    return {
      loaded: this.#loaded.size === this.#workers.length,
      drains: this.#isDraining && all.length === this.#workers.length,
      alive: sumOf('alive'),
      outstanding: sumOf('outstanding'),
      expected: sumOf('expected'),
      received: sumOf('received'),
      deliveries: sumOf('deliveries'),
    }
  }

  async #leave(): Promise<void> {
    this.#timeline.end()
    this.#events.onPhase?.('disconnect')
    if (this.#incomplete !== 'interrupted') await this.#parts.leave()
    this.#orderAll({ do: 'leave' })
    const isOver = () => this.#counted.size === this.#workers.length && this.#timeline.isComplete
    await this.#waiting.until(isOver, LAST_WORDS_MS + endSessionsMs(this.#plan), false)
  }

  #enter(phase: Interval['phase']): void {
    this.#timeline.enter(phase)
    this.#events.onPhase?.(phase)
  }

  #orderAll(order: Parameters<Worker['order']>[0]): void {
    for (const worker of this.#workers) worker.order(order)
  }

  #take(worker: number, report: Report): void {
    if (report.tells === 'settled') this.#settled.set(worker, report)
    else if (report.tells === 'loaded') this.#loaded.add(worker)
    else if (report.tells === 'progress') this.#progress.set(worker, report.progress)
    else if (report.tells === 'sample') this.#sample(worker, report)
    else if (report.tells === 'left') this.#counted.set(worker, report.counted)
    else if (report.tells === 'notice') this.#notice(report.text)
    else this.#waiting.fail(report.error)
    if (report.tells === 'loaded' || report.tells === 'progress') this.#parts.tell(this.#standing)
    this.#waiting.changed()
  }

  #sample(worker: number, { number, sample }: Extract<Report, { tells: 'sample' }>): void {
    this.#timeline.add(number, sample)
    this.#soFar.set(worker, sample.counted)
    if (this.#isDraining || this.#incomplete !== undefined) return
    const counted = [...this.#soFar.values()]
    const counts = {
      connections: connectionCounts(this.#plan, counted),
      messages: messageCounts(this.#plan, counted),
      slow: slowCounts(this.#plan, counted),
    }
    this.#end ??= this.#events.endsFor?.(counts)
  }

  /** Each worker notices the same. */
  readonly #noticed = new Set<string>()

  #notice(text: string): void {
    if (this.#noticed.has(text)) return
    this.#noticed.add(text)
    this.#events.notice(text)
  }

  #endsEarly(): boolean {
    if (this.#events.signal.aborted) this.#incomplete ??= 'interrupted'
    else if (this.#end !== undefined && !this.#isDraining) this.#incomplete ??= this.#end
    else return false
    return true
  }

  #waitUntil(us: number): Promise<void> {
    return this.#waiting.until(() => this.#clock.us() >= us, (us - this.#clock.us()) / 1000)
  }
}
