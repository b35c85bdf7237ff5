import { describe, expect, it } from 'vitest'
import type { Standing } from '../../../src/bench/parts/parts.ts'
import {
  type FromLeader,
  type FromPart,
  readAnswer,
  readAsk,
  readFromLeader,
  readFromPart,
} from '../../../src/bench/parts/protocol.ts'

const standing: Standing = {
  alive: 1,
  outstanding: 2,
  expected: -3,
  received: 4,
  deliveries: 5,
  loaded: true,
  drains: false,
}

const fromPart: FromPart = {
  part: 1,
  session: 'abcd',
  configuration: '{}',
  ready: { connected: 1, intended: 2, unsubscribed: [3] },
  knowsClock: true,
  standing,
  over: 'early',
}

const fromLeader: FromLeader = {
  session: 'abcd',
  configuration: '{}',
  host: 'here',
  missing: [1],
  refused: 'why',
  twin: false,
  start: { atUs: 1.5, unsubscribed: [] },
  loaded: true,
  drained: false,
  gone: [2],
  over: true,
}

const overTheWire = (message: object) => JSON.parse(JSON.stringify(message)) as unknown

describe('what parts tell each other', () => {
  it('is read as it was written', () => {
    for (const message of [fromPart, { ...fromPart, standing: undefined, over: undefined }])
      expect(readFromPart(overTheWire(message))).toEqual(message)
    for (const message of [fromLeader, { ...fromLeader, start: undefined, refused: undefined }])
      expect(readFromLeader(overTheWire(message))).toEqual(message)
    expect(readAsk({ part: 1, session: 'a', ask: 2 })).toEqual({ part: 1, session: 'a', ask: 2 })
    const answer = { session: 'a', answer: 2, receivedUs: 1.5, answeredUs: 2.5 }
    expect(readAnswer(answer)).toEqual(answer)
  })

  it.each([undefined, null, 5, 'text', [], {}, { part: -1 }, { part: 1.5, session: 'a', ask: 1 }, [fromPart]])(
    'is nothing else, such as %j',
    (document) => {
      for (const read of [readAsk, readAnswer, readFromPart, readFromLeader]) expect(read(document)).toBeUndefined()
    },
  )

  it('is whole', () => {
    for (const key of ['part', 'session', 'configuration', 'ready'])
      expect(readFromPart({ ...fromPart, [key]: undefined }), key).toBeUndefined()
    expect(readFromPart({ ...fromPart, ready: { ...fromPart.ready, unsubscribed: ['x'] } })).toBeUndefined()
    expect(readFromPart({ ...fromPart, standing: { ...standing, received: -1 } })?.standing).toBeUndefined()
    for (const key of ['session', 'configuration', 'host', 'missing', 'gone'])
      expect(readFromLeader({ ...fromLeader, [key]: undefined }), key).toBeUndefined()
  })
})
