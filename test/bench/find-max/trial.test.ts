import { describe, expect, it } from 'vitest'
import { trialOf } from '../../../src/bench/find-max/trial.ts'
import { parseConditions } from '../../../src/bench/thresholds.ts'
import { reportOf } from '../reports.ts'
import { healthy, intervalOf, resultOf } from '../results.ts'

function judge(result: Parameters<typeof resultOf>[0], conditions = 'e2e.p99<20ms,lost=0') {
  return trialOf(1000, reportOf({ result: resultOf(result) }), parseConditions(conditions))
}

/** A second of each ten in which fewer are received than were due. */
function behind(perSecond: number) {
  return { intervals: Array.from({ length: 10 }, (_, at) => intervalOf(at, { received: perSecond })) }
}

describe('a trial', () => {
  it('holds when all conditions do', () => {
    expect(judge({})).toMatchObject({
      held: true,
      reasons: [],
      conditions: [
        { condition: 'e2e.p99<20ms', holds: true, reason: 'e2e.p99 is 990 µs' },
        { condition: 'lost=0', holds: true, reason: 'lost is 0' },
      ],
    })
  })

  it('fails when one does not, or can not be told', () => {
    expect(judge({ messages: { lost: 3 } })).toMatchObject({ held: false, reasons: ['lost is 3'] })
    const untold = judge({}, 'ack.p99<20ms')
    expect(untold).toMatchObject({ tooFew: true, reasons: ["ack.p99 can't be told: 0 samples are too few"] })
    expect(judge({ messages: { lost: 3 } }, 'ack.p99<20ms,lost=0').tooFew).toBe(false)
  })

  it('fails when the broker gets part of it through only after the time is over', () => {
    expect(judge(behind(990))).toMatchObject({ held: true })
    expect(judge(behind(950))).toMatchObject({ held: false, reasons: ['only 95 % came through in time'] })
  })

  it('does not take what is lost for a backlog', () => {
    expect(judge({ ...behind(950), messages: { received: 9500, lost: 500 } }, 'lost<6%').held).toBe(true)
  })

  it('fails when it was not the whole run', () => {
    expect(judge({ incomplete: 'every connection was lost' }).reasons).toEqual(['every connection was lost'])
  })

  it('fails when it was too short for a message', () => {
    const nothing = { intended: 0, sent: 0, acknowledged: 0, expected: 0, received: 0 }
    expect(judge({ messages: nothing }, 'lost=0').reasons).toEqual(['no message was due in this time (--duration)'])
  })

  it('says whether the generator was the limit', () => {
    const health = { ...healthy, utilization: 0.99 }
    const intervals = Array.from({ length: 10 }, (_, at) => intervalOf(at, { health }))
    expect(judge({})).toMatchObject({ generatorLimited: false, generatorReasons: [] })
    expect(judge({ intervals })).toMatchObject({
      held: true,
      generatorLimited: true,
      generatorReasons: [expect.stringContaining('event loop was up to 99 % busy')],
    })
  })
})
