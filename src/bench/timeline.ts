import type { Clock } from './clock.ts'
import { Intervals } from './intervals.ts'
import type { Sample, Worker } from './orders.ts'
import type { GeneratorHealth, Interval } from './result.ts'
import { mergedMeasured } from './totals.ts'

/** An interval that not all workers have told of yet. */
interface Pending {
  readonly phase: Interval['phase']
  readonly startMs: number
  readonly endMs: number
  readonly cpuCores: number
  readonly samples: Sample[]
}

/** Cuts a run into intervals: of equal length, but none reaches over the end of a phase. */
export class Timeline {
  readonly #intervals = new Intervals()
  readonly #clock: Clock
  readonly #workers: readonly Worker[]
  readonly #cpuMs: () => number
  readonly #onInterval: (interval: Interval) => void
  readonly #timer: NodeJS.Timeout
  readonly #pending = new Map<number, Pending>()
  #phase: Interval['phase'] = 'connect'
  #cuts = 0
  #hasEnded = false
  #beganMs = 0
  #cpuBeganMs: number

  constructor(
    clock: Clock,
    workers: readonly Worker[],
    intervalMs: number,
    cpuMs: () => number,
    onInterval: (interval: Interval) => void,
  ) {
    this.#clock = clock
    this.#workers = workers
    this.#cpuMs = cpuMs
    this.#onInterval = onInterval
    this.#cpuBeganMs = cpuMs()
    this.#timer = setInterval(() => this.#cut(), intervalMs)
  }

  get intervals(): readonly Interval[] {
    return this.#intervals.all
  }

  get isComplete(): boolean {
    return this.#pending.size === 0
  }

  enter(phase: Interval['phase']): void {
    this.#cut()
    this.#phase = phase
    this.#timer.refresh()
  }

  /** No interval begins any more; the last one is over when `isComplete`. */
  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearInterval(this.#timer)
    this.#cut()
  }

  /** What a worker has answered. */
  add(number: number, sample: Sample): void {
    const pending = this.#pending.get(number)
    pending?.samples.push(sample)
    if (pending === undefined || pending.samples.length < this.#workers.length) return
    this.#pending.delete(number)
    const interval = intervalOf(pending)
    this.#intervals.add(interval)
    this.#onInterval(interval)
  }

  #cut(): void {
    const [endMs, cpuMs, number] = [this.#clock.us() / 1000, this.#cpuMs(), this.#cuts++]
    const lengthMs = endMs - this.#beganMs
    this.#pending.set(number, {
      phase: this.#phase,
      startMs: this.#beganMs,
      endMs,
      cpuCores: lengthMs > 0 ? (cpuMs - this.#cpuBeganMs) / lengthMs : 0,
      samples: [],
    })
    this.#beganMs = endMs
    this.#cpuBeganMs = cpuMs
    for (const worker of this.#workers) worker.order({ do: 'sample', number })
  }
}

function intervalOf({ samples, phase, startMs, endMs, cpuCores }: Pending): Interval {
  const sum = (amountOf: (sample: Sample) => number) => samples.reduce((total, sample) => total + amountOf(sample), 0)
  return {
    phase,
    startMs,
    endMs,
    connected: sum(({ connected }) => connected),
    sent: sum(({ passed }) => passed.sent),
    acknowledged: sum(({ passed }) => passed.acknowledged),
    received: sum(({ passed }) => passed.received),
    bytesSent: sum(({ passed }) => passed.bytesSent),
    bytesReceived: sum(({ passed }) => passed.bytesReceived),
    measured: mergedMeasured(samples.map(({ measured }) => measured)),
    health: healthOf(samples, cpuCores),
  }
}

function healthOf(samples: readonly Sample[], cpuCores: number): GeneratorHealth {
  const worst = (amountOf: (sample: Sample) => number) => Math.max(...samples.map(amountOf))
  const sum = (amountOf: (sample: Sample) => number) => samples.reduce((total, sample) => total + amountOf(sample), 0)
  return {
    loopDelayMaxMs: worst(({ health }) => health.loopDelayMaxMs),
    loopDelayP99Ms: worst(({ health }) => health.loopDelayP99Ms),
    utilization: worst(({ health }) => health.utilization),
    gcMs: sum(({ health }) => health.gcMs),
    cpuCores,
    socketBacklog: sum(({ socketBacklog }) => socketBacklog),
    waiting: sum(({ waiting }) => waiting),
  }
}
