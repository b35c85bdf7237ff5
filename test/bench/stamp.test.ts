import { describe, expect, it } from 'vitest'
import { readStamp, STAMP_SIZE, writeStamp } from '../../src/bench/stamp.ts'

function roundTrip(publisher: number, sequence: number, due: number, delayUs: number, counts = false) {
  const bytes = Buffer.alloc(STAMP_SIZE + 4)
  writeStamp(bytes, 2, publisher, sequence, due, delayUs, counts)
  return readStamp(bytes, 2, 2 + STAMP_SIZE)
}

describe('a stamp', () => {
  it.each([
    [0, 0, 0, 0, true],
    [2 ** 24 - 1, 2 ** 32 - 1, 2 ** 40 - 1, 2 ** 31 - 1, true],
    [5, 6, 86_400e6, 2e9, false],
  ])(
    'of publisher %d, message %d, due at %d, %d late, is read as written',
    (publisher, sequence, due, delayUs, counts) => {
      expect(roundTrip(publisher, sequence, due, delayUs, counts)).toEqual({
        publisher,
        sequence,
        due,
        delayUs,
        counts,
      })
    },
  )

  it('has whole microseconds, and no message sent before it was due', () => {
    expect(roundTrip(1, 2, 10, 20.6)).toMatchObject({ delayUs: 21, counts: false })
    expect(roundTrip(1, 2, 10, -1)).toMatchObject({ delayUs: 0, counts: false })
    expect(roundTrip(1, 2, 10, 2 ** 33)).toMatchObject({ delayUs: 2 ** 31 - 1, counts: false })
  })

  it('is not read from a payload that is too short', () => {
    expect(readStamp(Buffer.alloc(STAMP_SIZE), 1, STAMP_SIZE)).toBeUndefined()
  })
})
