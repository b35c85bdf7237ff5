import { describe, expect, it } from 'vitest'
import { uniform } from '../../src/bench/random.ts'
import { Owed, Window } from '../../src/bench/window.ts'

describe('Window', () => {
  it('holds as many as its limit, each with a packet identifier of its own from 1', () => {
    const window = new Window(1000)
    const ids = Array.from({ length: 1000 }, (_, at) => window.take(at, at + 0.5))
    expect(window.isFull).toBe(true)
    expect([...ids].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, at) => at + 1))
    expect(ids.map((id) => [window.dueUs(id), window.sentUs(id)])).toEqual(ids.map((_, at) => [at, at + 0.5]))
  })

  it('has every packet identifier there is, and no more', () => {
    const window = new Window(1_000_000)
    const ids = new Set<number>()
    while (!window.isFull) ids.add(window.take(0, 0))
    expect([ids.size, Math.min(...ids), Math.max(...ids)]).toEqual([0xffff, 1, 0xffff])
  })

  it('knows what is owed for an identifier', () => {
    const window = new Window(10)
    const id = window.take(1, 1)
    expect(window.owed(id)).toBe(Owed.firstAnswer)
    window.awaitPubcomp(id)
    expect(window.owed(id)).toBe(Owed.pubcomp)
    window.release(id)
    expect([window.owed(id), window.owed(id + 1), window.owed(0xffff), window.used]).toEqual([0, 0, 0, 0])
  })

  it('never gives an identifier twice, however they come back', () => {
    const window = new Window(100)
    const random = uniform(3)
    const taken = new Map<number, number>()
    for (let step = 0; step < 20_000; step++) {
      if (!window.isFull && random() < 0.6) {
        const id = window.take(step, step)
        expect(taken.has(id)).toBe(false)
        taken.set(id, step)
      } else if (taken.size > 0) {
        const id = [...taken.keys()][Math.floor(random() * taken.size)]!
        expect(window.dueUs(id)).toBe(taken.get(id))
        window.release(id)
        taken.delete(id)
      }
    }
    expect(window.used).toBe(taken.size)
  })
})
