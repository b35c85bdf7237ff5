import { describe, expect, it } from 'vitest'
import { giveBack, ReadBuffers } from '../../src/mqtt/read-buffers.ts'

const SIZE = 64 * 1024

/** Reads these bytes as a socket would, as many as there is room for. */
function read(buffers: ReadBuffers, length: number, value: number): Buffer {
  const room = buffers.next()
  room.fill(value, 0, length)
  return buffers.filled(length)
}

describe('ReadBuffers', () => {
  it('hands out what was read, and keeps it as it is', () => {
    const buffers = new ReadBuffers()
    const chunks = [100, SIZE, 1, 30_000, 5].map((length, at) => read(buffers, Math.min(length, 30_000), at))
    chunks.push(read(buffers, buffers.next().length, 9))
    expect(chunks.map((chunk) => chunk.length).slice(0, 5)).toEqual([100, 30_000, 1, 30_000, 5])
    chunks.forEach((chunk, at) => {
      expect(chunk.every((byte) => byte === (at === 5 ? 9 : at))).toBe(true)
    })
  })

  it('goes on in a buffer while half of it is left', () => {
    const buffers = new ReadBuffers()
    const [first, second] = [read(buffers, 20, 1), read(buffers, SIZE / 2, 2)]
    expect(second.buffer).toBe(first.buffer)
    expect(read(buffers, 20, 3).buffer).not.toBe(first.buffer)
  })

  it('reads again into buffers that were given back', () => {
    const [one, other] = [new ReadBuffers(), new ReadBuffers()]
    const chunk = read(one, SIZE, 1)
    giveBack([chunk])
    expect(other.next()).toBe(chunk)
  })

  it('takes back only whole buffers: others may be looked at by somebody else', () => {
    const buffers = new ReadBuffers()
    const whole = read(buffers, SIZE, 1)
    const part = read(buffers, SIZE - 1, 1)
    giveBack([part, whole.subarray(1), Buffer.alloc(SIZE * 2).subarray(0, SIZE)])
    const { buffer } = new ReadBuffers().next()
    expect(buffer === part.buffer || buffer === whole.buffer).toBe(false)
  })
})
