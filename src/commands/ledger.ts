import type { Publisher } from '../mqtt/publisher.ts'

/**
 * What has become of the messages, in numbers: `published 200000, acknowledged 199980, unknown 20`; undefined where
 * nothing is left to say, as all are acknowledged, or sent at QoS 0 over a connection that held.
 */
export function ledger({ tally, given }: Pick<Publisher, 'tally' | 'given'>): string | undefined {
  const { sent, sentQos0, uncertain } = tally
  const acknowledged = tally.acknowledged - sentQos0
  const refused = [...tally.rejected.values()].reduce((sum, each) => sum + each, 0)
  const unknown = sent - tally.acknowledged - refused + uncertain
  const unsent = given - sent
  if (refused === 0 && unknown === 0 && unsent === 0) return undefined
  const parts: readonly [count: number, text: string, isWanted: boolean][] = [
    [sent, 'published', true],
    [acknowledged, 'acknowledged', sent > sentQos0],
    [sentQos0 - uncertain, 'sent at QoS 0', sentQos0 > 0],
    [refused, 'refused', refused > 0],
    [unknown, 'unknown', unknown > 0],
    [unsent, 'not published', unsent > 0],
  ]
  return parts.flatMap(([count, text, isWanted]) => (isWanted ? [`${text} ${count}`] : [])).join(', ')
}
