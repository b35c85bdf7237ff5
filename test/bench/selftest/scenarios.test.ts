import { describe, expect, it } from 'vitest'
import { NO_SAMPLES, type Samples } from '../../../src/bench/latencies.ts'
import type { ConnectionCounts, MessageCounts, Result } from '../../../src/bench/result.ts'
import { runBench } from '../../../src/bench/run.ts'
import type { Found, Scenario } from '../../../src/bench/selftest/scenario.ts'
import { plant, scenarios } from '../../../src/bench/selftest/selftest.ts'
import { valuesOf } from '../../mqtt/options-of.ts'
import { monotonicUs, program } from '../../support/run.ts'
import { healthy } from '../results.ts'

async function found(scenario: Scenario): Promise<readonly Found[]> {
  return await plant(scenario, {
    engine: runBench,
    values: valuesOf({}),
    program,
    host: { id: 'here', monotonicUs },
    cpuUsage: () => process.cpuUsage(),
    signal: new AbortController().signal,
    notice: () => {},
  })
}

function holds(scenario: Scenario, all: readonly Found[], doctor: (result: Result) => Result = (result) => result) {
  return scenario.claims(all.map((each) => ({ ...each, result: doctor(each.result) }))).every((claim) => claim.holds)
}

/** Each count one too high, or one reason too many. */
function doctored<T extends MessageCounts | ConnectionCounts>(counts: T): [key: string, counts: T][] {
  return Object.entries(counts).map(([key, value]) => [
    key,
    { ...counts, [key]: typeof value === 'number' ? value + 1 : { ...value, 'made up': 1 } },
  ])
}

const isOfConnections = ({ name }: Scenario) => /^(refuse|hang-up)/.test(name)
const isOfMessages = ({ name }: Scenario) => name !== 'refuse-connect'

describe('a scenario', () => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s holds, and would not if any count were wrong',
    async (_name, scenario) => {
      const all = await found(scenario)
      expect(scenario.claims(all).filter((claim) => !claim.holds)).toEqual([])
      const { messages, connections } = all[0]!.result
      for (const [key, wrong] of isOfMessages(scenario) ? doctored(messages) : [])
        expect(
          holds(scenario, all, (result) => ({ ...result, messages: wrong })),
          key,
        ).toBe(false)
      for (const [key, wrong] of isOfConnections(scenario) ? doctored(connections) : [])
        expect(
          holds(scenario, all, (result) => ({ ...result, connections: wrong })),
          key,
        ).toBe(false)
      for (const [fault, doctor] of faultsOf[scenario.name] ?? [])
        expect(holds(scenario, all, doctor), fault).toBe(false)
    },
  )
})

function withMeasured(result: Result, some: Partial<Result['measured']>): Result {
  return { ...result, measured: { ...result.measured, ...some } }
}

/** What an engine may do wrong with time, by the scenario that shows it. */
const faultsOf: Readonly<Record<string, [fault: string, doctor: (result: Result) => Result][]>> = {
  stall: [
    ['only one message was late', (result) => withMeasured(result, { endToEnd: late(result, 1) })],
    ['half of them were late', (result) => withMeasured(result, { endToEnd: late(result, 250) })],
    ['nothing measured', (result) => withMeasured(result, { endToEnd: NO_SAMPLES })],
    [
      'blames the generator',
      (result) =>
        withMeasured(result, { schedule: { ...result.measured.endToEnd, max: 1e7, buckets: [20_000, 2000] } }),
    ],
  ],
  'stall-window': [
    ['counts from sending', (result) => withMeasured(result, { endToEnd: result.measured.endToEndFromSent })],
    [
      'acknowledged from sending',
      (result) => withMeasured(result, { acknowledged: result.measured.acknowledgedFromSent }),
    ],
  ],
  'late-answer': [
    [
      'half of them early',
      (result) => withMeasured(result, { acknowledged: { ...result.measured.acknowledged, buckets: [1000, 2000] } }),
    ],
    ['one early', (result) => withMeasured(result, { acknowledged: { ...result.measured.acknowledged, min: 39_000 } })],
  ],
  'generator-stops': [
    [
      'healthy all the time',
      (result) => ({ ...result, intervals: result.intervals.map((each) => ({ ...each, health: healthy })) }),
    ],
    ['never late', (result) => withMeasured(result, { schedule: NO_SAMPLES })],
  ],
}

/** As if so many had taken 990 ms, and all others 1 ms: one, for who waits for each message before the next. */
function late({ measured }: Result, count: number): Samples {
  return { ...measured.endToEnd, buckets: [1000, measured.endToEnd.count - count, 11_150, count] }
}
