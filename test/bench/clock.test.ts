import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { Clock, epochNow } from '../../src/bench/clock.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { monotonicUs } from '../support/run.ts'

const TWELVE_DAYS = 2 ** 40

/** The clock of a run that began now, when the clock of the host showed this. */
function beganAt(hostUs: number): Clock {
  return new Clock({ processMs: performance.now(), hostUs })
}

describe('the clock of a run', () => {
  it('is the same in worker threads', async () => {
    const worker = new Worker(
      "require('node:worker_threads').parentPort.on('message', function () { this.postMessage(performance.now()) })",
      { eval: true },
    )
    atEndOfTest(() => worker.terminate())
    const before = performance.now()
    worker.postMessage('now')
    const [there] = (await once(worker, 'message')) as [number]
    expect(there).toBeGreaterThan(before)
    expect(there).toBeLessThan(performance.now())
  })

  it('is that of the host, which other processes have, too', () => {
    const script = 'const [s, ns] = process.hrtime(); process.stdout.write(String(s * 1e6 + ns / 1e3))'
    const clock = new Clock(epochNow({ id: 'here', monotonicUs }))
    const before = clock.us()
    const there = clock.ofHost(Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })))
    expect(there).toBeGreaterThan(before)
    expect(there).toBeLessThan(clock.us())
    expect(clock.hostUs(there)).toBeCloseTo(monotonicUs() - (clock.us() - there), -3)
  })

  it('reads what another process has stamped, whenever that began', () => {
    const [one, other] = [beganAt(5_000_000), beganAt(7_000_000)]
    expect(other.ofStamp(one.stamp(2_500_000), 0)).toBe(500_000)
    expect(one.ofStamp(other.stamp(500_000), 0)).toBe(2_500_000)
  })

  it.each([0, 1, 3 * TWELVE_DAYS])('goes on where stamps begin anew, %d µs later', (later) => {
    const [one, other] = [beganAt(TWELVE_DAYS - 1000 + later), beganAt(TWELVE_DAYS - 500 + later)]
    for (const us of [0, 999, 1000, 1001, 20_000]) {
      const stamp = one.stamp(us)
      expect(stamp).toBeLessThan(TWELVE_DAYS)
      expect(other.ofStamp(stamp, us - 500 + 300)).toBe(us - 500)
      // Also when the receiver has not come to the moment of sending.
      expect(other.ofStamp(stamp, us - 500 - 300)).toBe(us - 500)
    }
  })

  it('tells the times of a run that takes longer than stamps do', () => {
    const clock = beganAt(123_456)
    const us = 5 * TWELVE_DAYS + 7
    expect(clock.ofStamp(clock.stamp(us), us + 40)).toBe(us)
  })

  it.each([2_000_000, -9_000_000, -3 * TWELVE_DAYS])('stamps by a clock that is %d µs ahead', (ahead) => {
    const [reference, other] = [beganAt(1_000_000 + ahead), beganAt(1_000_000)]
    other.setAhead(ahead)
    expect(other.stamp(5)).toBe((((1_000_005 + ahead) % TWELVE_DAYS) + TWELVE_DAYS) % TWELVE_DAYS)
    if (ahead > 0) expect(other.stamp(5)).toBe(reference.stamp(5))
    expect(other.ofStamp(other.stamp(5), 10)).toBe(5)
  })
})
