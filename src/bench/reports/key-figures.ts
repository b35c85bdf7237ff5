import { shownCount, shownRate, shownTime } from '../figures.ts'
import { percentileOf } from '../latencies.ts'
import { LATENCIES, metricOf, totalOf } from '../metrics.ts'
import type { Report } from '../report.ts'
import { isClosedLoop } from './loop.ts'

/** A number that a reader looks for first. */
export interface KeyFigure {
  readonly label: string
  readonly value: string
  /** What it is to be compared with. */
  readonly of: string
  readonly isBad: boolean
}

/** Those of what the run did. */
export function keyFigures(report: Report): readonly KeyFigure[] {
  return [...rates(report), ...latencies(report), ...losses(report), connections(report)]
}

function rates({ configuration, result }: Report): KeyFigure[] {
  const { publish, subscribe } = configuration
  const { intended, sent, acknowledged, received, expected } = result.messages
  const rate = (label: string, name: string, count: number, of: number | undefined): KeyFigure[] => {
    const value = metricOf(name)!.read(result)
    const shown = of === undefined ? `${shownCount(count)} messages` : `${shownCount(count)} of ${shownCount(of)}`
    if (value === undefined) return []
    return [{ label, value: shownRate(value), of: shown, isBad: of !== undefined && count < of }]
  }
  const whole = publish === undefined ? undefined : expected
  return [
    ...(publish === undefined ? [] : rate('sent', 'rate', sent, intended)),
    ...(publish === undefined || publish.qos === 0
      ? []
      : rate('acknowledged', 'rate.acknowledged', acknowledged, sent)),
    ...(subscribe === undefined ? [] : rate('received', 'rate.received', received, whole)),
  ]
}

function latencies({ configuration, result }: Report): KeyFigure[] {
  const closed = isClosedLoop(configuration)
  const names = [closed ? 'e2e-sent' : 'e2e', closed ? 'ack-sent' : 'ack', 'connack']
  const name = names.find((each) => result.measured[LATENCIES[each]!.key].count > 0)
  if (name === undefined) return []
  const { key, title } = LATENCIES[name]!
  const shown = [50, 99, 99.9, 100].flatMap((percentile): KeyFigure[] => {
    const us = percentileOf(result.measured[key], percentile)
    const label = percentile === 100 ? 'max' : `P${percentile}`
    return us === undefined ? [] : [{ label, value: shownTime(us), of: title, isBad: false }]
  })
  return shown
}

function losses({ configuration, result }: Report): KeyFigure[] {
  if (configuration.publish === undefined || configuration.subscribe === undefined) return []
  const { lost, expected, duplicates, outOfOrder } = result.messages
  return [
    ...(lost === undefined
      ? []
      : [{ label: 'lost', value: shownCount(lost), of: `of ${shownCount(expected)} expected`, isBad: lost > 0 }]),
    {
      label: 'duplicates',
      value: shownCount(duplicates),
      of: `${shownCount(outOfOrder)} out of order`,
      isBad: duplicates + outOfOrder > 0,
    },
  ]
}

function connections({ result }: Report): KeyFigure {
  const { connected, intended, lost } = result.connections
  return {
    label: 'connections',
    value: shownCount(connected),
    of: `of ${shownCount(intended)}, ${shownCount(totalOf(lost))} lost later`,
    isBad: connected < intended || totalOf(lost) > 0,
  }
}
