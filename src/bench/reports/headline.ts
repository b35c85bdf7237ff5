import type { SizeShare } from '../../options/size-distribution.ts'
import type { Configuration } from '../configuration.ts'
import { shownBytes, shownCount, shownRate, shownShare, shownTime } from '../figures.ts'
import type { Report } from '../report.ts'
import type { Result } from '../result.ts'
import type { Segment } from '../schedule.ts'

/** What was run, and against what. */
export function headline({ configuration, brokerVersion, hosts, result, shards, version }: Report): string[] {
  const { command, publish, subscribe, idle, churn } = configuration
  const parts = [
    ...(publish === undefined ? [] : [numberOf(publish.clients, 'publisher')]),
    ...(subscribe === undefined ? [] : [numberOf(subscribe.clients, 'subscriber')]),
    ...(subscribe?.slow === undefined
      ? []
      : [`of which ${shownCount(subscribe.slow.clients)} read ${shownRate(subscribe.slow.rate)} each`]),
    ...(idle === 0 ? [] : [numberOf(idle, 'client')]),
    ...(publish === undefined ? [] : publishing(configuration)),
    ...(subscribe?.retained === undefined
      ? []
      : [
          `${shownCount(subscribe.retained.count)} retained messages of ${shownBytes(subscribe.retained.payloadSize)} for each`,
        ]),
    ...(subscribe?.absent ? ['subscribers absent meanwhile'] : []),
    ...(churn === undefined ? [] : [`${shownRate(churn.rate)} leave (${churn.kill}) and come back`]),
    ...(result.measuredMs > 0
      ? [`${(publish ?? subscribe) === undefined ? 'stayed' : 'measured'} for ${shownTime(result.measuredMs * 1000)}`]
      : []),
  ]
  const part = shards.of === 1 ? '' : `, ${shards.indexes.length} of ${shards.of} parts`
  return [
    `tmqtt ${command}: ${parts.join(', ')}`,
    `broker ${configuration.brokers.join(', ')} (${configuration.transport}, MQTT ${configuration.protocolVersion})${part}`,
    ...told(brokerVersion, result),
    ...hosts.map(({ os, cpu, cores, node }) => `from ${os}, ${cores} × ${cpu}, Node ${node}, tmqtt ${version}`),
  ]
}

/** What the broker says of itself, and in CONNACK of what it allows. */
function told(brokerVersion: string | undefined, { brokerLimits }: Result): string[] {
  const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  const limits = Object.entries(brokerLimits).map(([name, value]) => `${words(name)} ${value}`)
  const all = [...(brokerVersion === undefined ? [] : [brokerVersion]), ...limits]
  return all.length === 0 ? [] : [`which says: ${all.join(', ')}`]
}

/** Segments of which a repetition is looked for. */
const LONGEST_REPEATED = 20

function publishing({ publish, subscribe }: Configuration): string[] {
  const { qos, segments, poisson, wills } = publish!
  const received = subscribe === undefined || subscribe.options.qos === qos ? '' : ` to ${subscribe.options.qos}`
  return [
    ...(wills ? ['messages are wills of clients that are cut off'] : []),
    `QoS ${qos}${received}`,
    shownPayload(publish!),
    segments === undefined ? 'as fast as it goes (closed loop)' : `${shownSegments(segments)} on schedule (open loop)`,
    ...(poisson ? ['random arrivals'] : []),
  ]
}

/** `100 B`, `100 B to 2 kB`, `100 B (90 %) or 10 kB (10 %)`, `payloads of 1 kB`, `payloads 'on %n'`. */
function shownPayload({ payloadSize, payload }: NonNullable<Configuration['publish']>): string {
  if (payload === undefined) return shownBytes(payloadSize)
  if (payload.kind === 'content') return `payloads of ${shownBytes(payload.bytes)}`
  if (payload.kind === 'template') return `payloads '${payload.text}'`
  const { sizes } = payload
  return sizes
    .map((each) => `${shownSizes(each)}${sizes.length > 1 ? ` (${shownShare(each.share)})` : ''}`)
    .join(' or ')
}

function shownSizes({ from, to }: SizeShare): string {
  return from === to ? shownBytes(from) : `${shownBytes(from)} to ${shownBytes(to)}`
}

function numberOf(count: number, what: string): string {
  return `${shownCount(count)} ${what}${count === 1 ? '' : 's'}`
}

/** What repeats stands there once: `(5,000/s for 1 s, 0/s for 1 s) × 10`. */
function shownSegments(segments: readonly Segment[]): string {
  const shown = segments.map(shownSegment)
  const parts: string[] = []
  for (let at = 0; at < shown.length; ) {
    const { length, times } = repetitionAt(shown, at)
    const once = shown.slice(at, at + length).join(', ')
    parts.push(times === 1 ? once : `(${once}) × ${shownCount(times)}`)
    at += length * times
  }
  return parts.join(', ')
}

/** The longest repetition that begins there, of as few segments as may be. */
function repetitionAt(shown: readonly string[], at: number): { readonly length: number; readonly times: number } {
  for (let length = 1; at + 2 * length <= shown.length && length <= LONGEST_REPEATED; length++) {
    let end = at + length
    while (end < shown.length && shown[end] === shown[end - length]) end++
    const times = Math.floor((end - at) / length)
    if (times > 1) return { length, times }
  }
  return { length: 1, times: 1 }
}

/** `1,000/s`, `1,000/s for 10 s`, `1,000/s to 20,000/s in 60 s`. */
function shownSegment({ from, to, durationMs }: Segment): string {
  const time = shownTime(durationMs * 1000)
  if (durationMs === Number.POSITIVE_INFINITY) return shownRate(to)
  return from === to ? `${shownRate(to)} for ${time}` : `${shownRate(from)} to ${shownRate(to)} in ${time}`
}
