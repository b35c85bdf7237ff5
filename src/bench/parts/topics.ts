import type { Message } from '../../mqtt/message.ts'
import type { Plan } from '../plan.ts'

/** Where a part hears what others tell it. @param part from 0. */
export function topicOfPart(run: string, part: number): string {
  return `${prefixOf(run)}${part + 1}`
}

function prefixOf(run: string): string {
  return `bench/${run}/shards/`
}

/** Tells messages between the parts of a run, which a filter with wildcards brings to subscribers, too. */
export function talkOfParts({ shard, meeting }: Plan): (message: Message) => boolean {
  if (shard.of === 1) return () => false
  const prefix = Buffer.from(prefixOf(meeting.run))
  return ({ topicBytes, topicStart, topicEnd }) =>
    topicEnd - topicStart > prefix.length && prefix.compare(topicBytes, topicStart, topicStart + prefix.length) === 0
}
