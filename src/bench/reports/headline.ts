import type { Configuration } from '../configuration.ts'
import { shownBytes, shownCount, shownRate, shownTime } from '../figures.ts'
import type { Report } from '../report.ts'
import type { Segment } from '../schedule.ts'

/** What was run, and against what. */
export function headline({ configuration, hosts, result, shards, version }: Report): string[] {
  const { command, publish, subscribe, idle, churn } = configuration
  const parts = [
    ...(publish === undefined ? [] : [`${shownCount(publish.clients)} publishers`]),
    ...(subscribe === undefined ? [] : [`${shownCount(subscribe.clients)} subscribers`]),
    ...(idle === 0 ? [] : [`${shownCount(idle)} clients`]),
    ...(publish === undefined ? [] : publishing(configuration)),
    ...(churn === undefined ? [] : [`${shownRate(churn.rate)} leave (${churn.kill}) and come back`]),
    ...(result.measuredMs > 0 ? [`for ${shownTime(result.measuredMs * 1000)}`] : []),
  ]
  const part = shards.of === 1 ? '' : `, ${shards.indexes.length} of ${shards.of} parts`
  return [
    `tmqtt ${command}: ${parts.join(', ')}`,
    `broker ${configuration.brokers.join(', ')} (${configuration.transport}, MQTT ${configuration.protocolVersion})${part}`,
    ...hosts.map(({ os, cpu, cores, node }) => `from ${os}, ${cores} × ${cpu}, Node ${node}, tmqtt ${version}`),
  ]
}

function publishing({ publish, subscribe }: Configuration): string[] {
  const { qos, payloadSize, segments, poisson } = publish!
  const received = subscribe === undefined || subscribe.options.qos === qos ? '' : ` to ${subscribe.options.qos}`
  return [
    `QoS ${qos}${received}`,
    shownBytes(payloadSize),
    segments === undefined ? 'as fast as it goes (closed loop)' : segments.map(shownSegment).join(', '),
    ...(poisson ? ['random arrivals'] : []),
  ]
}

/** `1,000/s`, `1,000/s for 10 s`, `1,000/s to 20,000/s in 60 s`. */
function shownSegment({ from, to, durationMs }: Segment): string {
  const time = shownTime(durationMs * 1000)
  if (durationMs === Number.POSITIVE_INFINITY) return shownRate(to)
  return from === to ? `${shownRate(to)} for ${time}` : `${shownRate(from)} to ${shownRate(to)} in ${time}`
}
