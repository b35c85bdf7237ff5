import { UsageError } from '../errors.ts'
import { Clock, epochNow, type HostClock } from './clock.ts'
import type { Counted } from './meter.ts'
import type { Counts } from './metrics.ts'
import type { CrewSetup, Progress, Report, Worker } from './orders.ts'
import type { Plan } from './plan.ts'
import { Profiles } from './profiles.ts'
import type { Interval, Result } from './result.ts'
import { clientsOf, hasLoad } from './roster.ts'
import { endSessionsMs } from './session-ends.ts'
import { MOST_PUBLISHERS } from './stamp.ts'
import { crewHere, crewInThread } from './threads.ts'
import { Timeline } from './timeline.ts'
import { brokerLimitsOf, connectionCounts, mergedMeasured, messageCounts, slowCounts } from './totals.ts'

export type Phase = Interval['phase'] | 'disconnect'

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

/** The drain phase is waited for in steps of this length. */
const DRAIN_STEP_MS = 50

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
  /** What each worker has told, by its number. */
  readonly #settled = new Map<number, { readonly connected: number; readonly unsubscribed: readonly number[] }>()
  readonly #loaded = new Set<number>()
  readonly #progress = new Map<number, Progress>()
  readonly #soFar = new Map<number, Counted>()
  readonly #counted = new Map<number, Counted>()
  #failure: { readonly error: unknown } | undefined
  #incomplete: string | undefined
  /** Why the measurement ends early, until it does. */
  #end: string | undefined
  #isDraining = false
  /** Looks whether what is waited for is there. */
  #look: (() => void) | undefined

  constructor(plan: Plan, events: RunEvents) {
    this.#plan = plan
    this.#events = events
    const epoch = epochNow(events.host)
    this.#clock = new Clock(epoch)
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
    const { fromUs, measuredMs } = (await this.#connect()) ? await this.#measure() : { fromUs: 0, measuredMs: 0 }
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
    }
  }

  async stop(): Promise<void> {
    this.#timeline.end()
    await Promise.all(this.#workers.map((worker) => worker.stop()))
  }

  /** @returns whether there are enough connections to measure. */
  async #connect(): Promise<boolean> {
    this.#events.onPhase?.('connect')
    this.#orderAll({ do: 'connect' })
    await this.#wait(() => this.#settled.size === this.#workers.length)
    if (this.#incomplete !== undefined) return false
    const { minConnected } = this.#plan.phases
    const { intended } = connectionCounts(this.#plan, [])
    const connected = [...this.#settled.values()].reduce((sum, each) => sum + each.connected, 0)
    if (connected >= intended * minConnected) return true
    const least = Math.ceil(intended * minConnected)
    this.#incomplete = `only ${connected} of ${intended} clients were connected, and ${least} were to be (--min-connected)`
    return false
  }

  /** @returns from when on messages that count were due, and for how long. */
  async #measure(): Promise<{ readonly fromUs: number; readonly measuredMs: number }> {
    const { settleMs, warmupMs, drainMs } = this.#plan.phases
    this.#enter('settle')
    const atUs = Math.ceil(this.#clock.us() + settleMs * 1000)
    const unsubscribed = [...this.#settled.values()].flatMap((each) => each.unsubscribed)
    this.#orderAll({ do: 'load', atUs, unsubscribed })
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
    await this.#awaitRest(isStopped ? Math.min(drainMs, HASTY_DRAIN_MS) : drainMs, !isStopped)
    return { fromUs, measuredMs: Math.min(measuredMs, this.#plan.phases.measureMs) }
  }

  async #waitForLoad(fromUs: number): Promise<void> {
    const { measureMs, messages } = this.#plan.phases
    const receivesOnly = !hasLoad(this.#plan)
    const isOver = () => {
      if (this.#progressOf('alive') === 0 && this.#progress.size === this.#workers.length) return true
      if (receivesOnly) return messages !== undefined && this.#progressOf('deliveries') >= messages
      return this.#loaded.size === this.#workers.length
    }
    const endMs = fromUs / 1000 + measureMs
    await this.#wait(isOver, receivesOnly ? endMs - this.#clock.us() / 1000 : Number.POSITIVE_INFINITY)
    const isDone = receivesOnly ? this.#clock.us() / 1000 >= endMs : this.#loaded.size === this.#workers.length
    // A flood has come when everybody is still there.
    const isGone = this.#progressOf('alive') === 0 && (!isDone || this.#plan.subscribe?.retained !== undefined)
    if (isGone) this.#incomplete ??= 'every connection was lost'
  }

  /** Of the time in which this process stands still little counts: what has come meanwhile was not read, and is not lost. */
  async #awaitRest(limitMs: number, heedsSignal: boolean): Promise<void> {
    const isOver = () => this.#hasDrained() || (heedsSignal && this.#events.signal.aborted)
    for (let leftMs = limitMs; leftMs > 0 && !isOver(); leftMs -= DRAIN_STEP_MS)
      await this.#wait(() => this.#hasDrained(), Math.min(leftMs, DRAIN_STEP_MS), heedsSignal)
  }

  #hasDrained(): boolean {
    if (this.#progress.size < this.#workers.length) return false
    if (this.#progressOf('alive') === 0) return true
    return this.#progressOf('outstanding') === 0 && this.#progressOf('received') >= this.#progressOf('expected')
  }

  #progressOf(name: keyof Progress): number {
    return [...this.#progress.values()].reduce((sum, progress) => sum + progress[name], 0)
  }

  async #leave(): Promise<void> {
    this.#timeline.end()
    this.#events.onPhase?.('disconnect')
    this.#orderAll({ do: 'leave' })
    const isOver = () => this.#counted.size === this.#workers.length && this.#timeline.isComplete
    await this.#wait(isOver, LAST_WORDS_MS + endSessionsMs(this.#plan), false)
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
    else this.#failure ??= report
    this.#look?.()
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

  #waitUntil(us: number): Promise<void> {
    return this.#wait(() => this.#clock.us() >= us, (us - this.#clock.us()) / 1000)
  }

  /** Resolves when it is there, when the time is up, or when the user has stopped the run. */
  async #wait(isThere: () => boolean, limitMs = Number.POSITIVE_INFINITY, heedsSignal = true): Promise<void> {
    const { signal } = this.#events
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#look = () => {
          if (this.#failure !== undefined) reject(this.#failure.error)
          else if (isThere()) resolve()
          else if (heedsSignal && signal.aborted) {
            this.#incomplete ??= 'interrupted'
            resolve()
          } else if (heedsSignal && this.#end !== undefined && !this.#isDraining) {
            this.#incomplete ??= this.#end
            resolve()
          }
        }
        if (limitMs < 2 ** 31) timer = setTimeout(resolve, Math.max(0, limitMs))
        signal.addEventListener('abort', this.#look)
        this.#look()
      })
    } finally {
      clearTimeout(timer)
      if (this.#look !== undefined) signal.removeEventListener('abort', this.#look)
      this.#look = undefined
    }
  }
}
