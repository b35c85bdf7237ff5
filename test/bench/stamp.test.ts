import { describe, expect, it } from 'vitest'
import { readStamp, STAMP_SIZE, writeStamp } from '../../src/bench/stamp.ts'

function roundTrip(publisher: number, sequence: number, due: number, delayUs: number) {
  const bytes = Buffer.alloc(STAMP_SIZE + 4)
  writeStamp(bytes, 2, publisher, sequence, due, delayUs)
  return readStamp(bytes, 2, 2 + STAMP_SIZE)
}

describe('a stamp', () => {
  it.each([
    [0, 0, 0, 0],
    [2 ** 24 - 1, 2 ** 32 - 1, 2 ** 40 - 1, 2 ** 32 - 1],
    [5, 6, 86_400e6, 3e9],
  ])(
    'of publisher %d, message %d, due at %d, sent %d later is read as written',
    (publisher, sequence, due, delayUs) => {
      expect(roundTrip(publisher, sequence, due, delayUs)).toEqual({ publisher, sequence, due, delayUs })
    },
  )

  it('has whole microseconds, and no message sent before it was due', () => {
    expect(roundTrip(1, 2, 10, 20.6)).toMatchObject({ delayUs: 21 })
    expect(roundTrip(1, 2, 10, -1)).toMatchObject({ delayUs: 0 })
    expect(roundTrip(1, 2, 10, 2 ** 33)).toMatchObject({ delayUs: 2 ** 32 - 1 })
  })

  it('is not read from a payload that is too short', () => {
    expect(readStamp(Buffer.alloc(STAMP_SIZE), 1, STAMP_SIZE)).toBeUndefined()
  })
})
