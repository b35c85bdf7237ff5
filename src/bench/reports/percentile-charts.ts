import type { Configuration } from '../configuration.ts'
import { highestOf, type Samples } from '../latencies.ts'
import { LATENCIES } from '../metrics.ts'
import type { Measured } from '../result.ts'
import { type Chart, inMs } from './chart.ts'
import { isClosedLoop } from './loop.ts'

type Curve = readonly [name: string, colour: number, isDashed?: boolean]

const CONNECTIONS: readonly Curve[] = [
  ['tcp', 0],
  ['tls', 1],
  ['connack', 2],
  ['suback', 3],
  ['return', 5],
]

/** Those of a pair have one colour. */
const MESSAGES: readonly Curve[] = [
  ['e2e', 0],
  ['e2e-sent', 0, true],
  ['ack', 1],
  ['ack-sent', 1, true],
  ['waited', 3],
  ['schedule', 7],
]

export function connectionPercentiles(measured: Measured): Chart {
  return percentileChart('Latency of connections by percentile', CONNECTIONS, measured)
}

export function messagePercentiles(configuration: Configuration, measured: Measured): Chart {
  // Clients that come back have a schedule, too.
  const areThere = measured.endToEndFromSent.count + measured.acknowledgedFromSent.count > 0
  // In a closed loop a message is due when it is sent.
  const isTold = ([name]: Curve) => !isClosedLoop(configuration) || (name !== 'e2e' && name !== 'ack')
  return percentileChart('Latency of messages by percentile', areThere ? MESSAGES.filter(isTold) : [], measured)
}

/** Points for each power of ten, from P50 on. */
const STEPS = 12

/** As `percentileOf` has it: so many samples have to lie above. */
const ENOUGH_ABOVE = 10

/** A curve has to reach P75 at least. */
const FEWEST = 4 * ENOUGH_ABOVE

function percentileChart(title: string, curves: readonly Curve[], measured: Measured): Chart {
  const countOf = ([name]: Curve) => measured[LATENCIES[name]!.key].count
  const shown = curves.filter((each) => countOf(each) >= FEWEST)
  const most = Math.max(FEWEST, ...shown.map(countOf)) / ENOUGH_ABOVE
  const x = Array.from({ length: Math.floor(STEPS * Math.log10(most / 2)) + 1 }, (_, step) => 2 * 10 ** (step / STEPS))
  return {
    title,
    note: `As far as ${ENOUGH_ABOVE} samples lie above.`,
    unit: 'time',
    over: 'percentile',
    x,
    series: shown.map(([name, colour, isDashed = false]) => {
      const { key, title: label } = LATENCIES[name]!
      return { label, colour, isDashed, values: curve(measured[key], x) }
    }),
  }
}

/** The value that all but one of `x` samples do not exceed, in ms. */
function curve({ buckets, count, max }: Samples, x: readonly number[]): (number | null)[] {
  let [at, seen] = [0, 0]
  return x.map((each) => {
    if (each * ENOUGH_ABOVE > count + 1e-6) return null
    const wanted = Math.max(1, Math.ceil(count * (1 - 1 / each) - 1e-9))
    for (; seen < wanted && at < buckets.length; at += 2) seen += buckets[at + 1]!
    return inMs(Math.min(max, highestOf(buckets[at - 2]!)))
  })
}
