import { describe, expect, it } from 'vitest'
import { readStamp, STAMP_SIZE, writeStamp } from '../../src/bench/stamp.ts'

function roundTrip(publisher: number, sequence: number, dueUs: number, sentUs: number) {
  const bytes = Buffer.alloc(STAMP_SIZE + 4)
  writeStamp(bytes, 2, publisher, sequence, dueUs, sentUs)
  return readStamp(bytes, 2, 2 + STAMP_SIZE)
}

describe('a stamp', () => {
  it.each([
    [0, 0, 0, 0],
    [2 ** 24 - 1, 2 ** 32 - 1, 2 ** 40 - 1, 2 ** 40 - 1],
    [5, 6, 86_400e6, 86_400e6 + 3e9],
  ])('of publisher %d, message %d, due at %d, sent at %d is read as written', (publisher, sequence, dueUs, sentUs) => {
    expect(roundTrip(publisher, sequence, dueUs, sentUs)).toEqual({ publisher, sequence, dueUs, sentUs })
  })

  it('has whole microseconds, and no message sent before it was due', () => {
    expect(roundTrip(1, 2, 10.4, 20.6)).toEqual({ publisher: 1, sequence: 2, dueUs: 10, sentUs: 20 })
    expect(roundTrip(1, 2, 10, 9)).toMatchObject({ dueUs: 10, sentUs: 10 })
  })

  it('is not read from a payload that is too short', () => {
    expect(readStamp(Buffer.alloc(STAMP_SIZE), 1, STAMP_SIZE)).toBeUndefined()
  })
})
