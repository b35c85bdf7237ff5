import { file, flag, textOf } from './kinds.ts'
import { table, type ValuesOf } from './option.ts'

/** Ways to give one payload. */
export const payloadKeys = ['message', 'file', 'stdinFile', 'nullMessage'] as const

/**
 * The payload to publish, of which one is to be given.
 *
 * @param more keys of the further ways that a command has.
 */
export function payloadOptions(...more: readonly string[]) {
  const others = (key: (typeof payloadKeys)[number]) => [...payloadKeys, ...more].filter((each) => each !== key)
  return table({
    message: {
      kind: textOf('TEXT', 'text'),
      short: 'm',
      group: 'Payload',
      describe: 'Publish this text',
      excludes: others('message'),
    },
    file: {
      kind: file,
      short: 'f',
      group: 'Payload',
      describe: 'Publish the bytes of this file',
      excludes: others('file'),
    },
    stdinFile: {
      kind: flag,
      short: 's',
      group: 'Payload',
      describe: 'Publish all of standard input as one message',
      excludes: others('stdinFile'),
    },
    nullMessage: {
      kind: flag,
      short: 'n',
      group: 'Payload',
      describe: 'Publish an empty payload',
      excludes: others('nullMessage'),
    },
  })
}

export type PayloadValues = ValuesOf<ReturnType<typeof payloadOptions>>
