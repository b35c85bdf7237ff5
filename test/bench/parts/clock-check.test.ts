import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ClockCheck } from '../../../src/bench/parts/clock-check.ts'
import type { Offset } from '../../../src/bench/parts/offset.ts'

/** The clock here shows the number of the question, times 1000; that over there 77 more. */
function check(answers: (ask: number) => boolean) {
  const asked: number[] = []
  const told: (Offset | undefined)[] = []
  const checking = new ClockCheck(
    (number) => {
      asked.push(number)
      if (answers(number))
        queueMicrotask(() =>
          checking.answered(
            number,
            { receivedUs: number * 1000 + 87, answeredUs: number * 1000 + 87 },
            number * 1000 + 20,
          ),
        )
      return number * 1000
    },
    (offset) => told.push(offset),
  )
  return { asked, told, checking }
}

describe('the comparison of two clocks', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('asks one question after the other', async () => {
    const { asked, told } = check(() => true)
    await vi.advanceTimersByTimeAsync(0)
    expect(asked).toEqual(Array.from({ length: 16 }, (_, at) => at + 1))
    expect(told).toEqual([{ aheadUs: 77, errorUs: 10 }])
  })

  it('does without an answer that does not come in time, and takes none twice', async () => {
    const { asked, told, checking } = check((ask) => ask !== 3)
    await vi.advanceTimersByTimeAsync(999)
    expect(asked.at(-1)).toBe(3)
    checking.answered(2, { receivedUs: 0, answeredUs: 0 }, 0)
    expect(asked.at(-1)).toBe(3)
    await vi.advanceTimersByTimeAsync(1)
    expect(asked.at(-1)).toBe(16)
    expect(told).toEqual([{ aheadUs: 77, errorUs: 10 }])
  })

  it('gives up when nobody answers', async () => {
    const { asked, told } = check(() => false)
    await vi.advanceTimersByTimeAsync(3000)
    expect(asked).toEqual([1, 2, 3])
    expect(told).toEqual([undefined])
  })

  it('says nothing any more when it was stopped', async () => {
    const { told, checking } = check(() => false)
    checking.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(told).toEqual([])
  })
})
