import type { PublishPlan } from '../../bench/plan.ts'
import { STAMP_SIZE } from '../../bench/stamp.ts'
import { file, flag, textOf } from '../../options/kinds.ts'
import { table, type ValuesOf } from '../../options/option.ts'
import { type SizeShare, sizeDistribution } from '../../options/size-distribution.ts'
import { LARGEST_PAYLOAD, readPayloadFile } from './files.ts'

/** What the payloads of a load are. */
export const payloadOptions = table({
  size: {
    kind: sizeDistribution(0, LARGEST_PAYLOAD),
    group: 'Messages',
    describe:
      'Bytes of each payload: 100; at random from a range, 100..2k; or of several with their shares, ' +
      `100:90%,1k..10k:10%. Latency and loss can be told where all have ${STAMP_SIZE} or more, for the stamp in front`,
    defaultText: '100',
  },
  payloadFile: {
    kind: file,
    group: 'Messages',
    describe: `Send the content of this file as each payload, behind the stamp of ${STAMP_SIZE} bytes`,
    excludes: ['size', 'payloadTemplate'],
  },
  payloadTemplate: {
    kind: textOf('TEMPLATE', 'a text'),
    group: 'Messages',
    describe:
      'Send this text as each payload, behind the stamp: %n stands for the number of the message among those of its ' +
      'publisher, and what --topic may have for what it has there',
    excludes: ['size'],
  },
  noStamp: {
    kind: flag,
    group: 'Messages',
    describe: 'Send payloads without a stamp: what arrives is counted, but no latency and no loss can be told',
  },
})

const USUAL_SIZE: readonly SizeShare[] = [{ from: 100, to: 100, share: 1 }]

/** @throws LocalError for a file that can't be read or is too large. */
export async function payloadPlan({
  size = USUAL_SIZE,
  payloadFile,
  payloadTemplate,
  noStamp,
}: ValuesOf<typeof payloadOptions>): Promise<Pick<PublishPlan, 'payloadSize' | 'payload' | 'unstamped'>> {
  const [first, ...others] = size
  const stamp = noStamp ? { unstamped: true } : {}
  if (payloadTemplate !== undefined)
    return { payloadSize: 0, payload: { kind: 'template', text: payloadTemplate }, ...stamp }
  if (payloadFile !== undefined) {
    const content = readPayloadFile(payloadFile)
    const { createHash } = await import('node:crypto')
    const sha256 = createHash('sha256').update(content).digest('hex')
    return { payloadSize: 0, payload: { kind: 'content', content, sha256 }, ...stamp }
  }
  if (first!.from === first!.to && others.length === 0) return { payloadSize: first!.from, ...stamp }
  return { payloadSize: 0, payload: { kind: 'sizes', sizes: size }, ...stamp }
}
