import { describe, expect, it } from 'vitest'
import { isStamped, payloadMaker } from '../../src/bench/payloads.ts'
import type { PayloadPlan } from '../../src/bench/plan.ts'
import { STAMP_SIZE } from '../../src/bench/stamp.ts'

const anyone = { number: 0, clientId: 'bench-0' }

/** The first payloads of a publisher. */
function payloadsOf(payload: PayloadPlan, count: number, { seed = 1, number = 0, unstamped = false } = {}): Buffer[] {
  const payloads = payloadMaker({ payloadSize: 0, payload, unstamped }, seed)({ ...anyone, number })
  return Array.from({ length: count }, (_, sequence) => {
    payloads.next(sequence)
    return Buffer.from(payloads.bytes.subarray(0, payloads.length))
  })
}

const skewed: PayloadPlan = {
  kind: 'sizes',
  sizes: [
    { from: 100, to: 100, share: 0.9 },
    { from: 1000, to: 3000, share: 0.1 },
  ],
}

const content = Buffer.from([0, 255, 10, 13, 0, 128])

describe('payloads', () => {
  it('of one size are the same bytes, the same for the same seed', () => {
    const [one, same, other] = [1, 1, 2].map((seed) => payloadMaker({ payloadSize: 40 }, seed)(anyone))
    expect(one!.length).toBe(40)
    expect(one!.bytes).toEqual(same!.bytes)
    expect(one!.bytes).not.toEqual(other!.bytes)
  })

  it('of several sizes have their shares', () => {
    const lengths = payloadsOf(skewed, 20_000).map(({ length }) => length)
    const large = lengths.filter((length) => length !== 100)
    expect(large.length / lengths.length).toBeGreaterThan(0.09)
    expect(large.length / lengths.length).toBeLessThan(0.11)
    expect(Math.min(...large)).toBeGreaterThanOrEqual(1000)
    expect(Math.min(...large)).toBeLessThan(1010)
    expect(Math.max(...large)).toBeLessThanOrEqual(3000)
    expect(Math.max(...large)).toBeGreaterThan(2990)
  })

  it('of several sizes are the same for the same seed and publisher, and for no other', () => {
    const lengths = (some: Parameters<typeof payloadsOf>[2]) =>
      payloadsOf(skewed, 200, some).map(({ length }) => length)
    expect(lengths({})).toEqual(lengths({}))
    expect(lengths({ seed: 2 })).not.toEqual(lengths({}))
    expect(lengths({ number: 1 })).not.toEqual(lengths({}))
  })

  it('that are given come whole, behind the room for the stamp', () => {
    const payload: PayloadPlan = { kind: 'content', content, sha256: '' }
    expect(payloadsOf(payload, 2)).toEqual([0, 1].map(() => Buffer.concat([Buffer.alloc(STAMP_SIZE), content])))
    expect(payloadsOf(payload, 1, { unstamped: true })).toEqual([content])
  })

  it.each([
    ['', ['', '']],
    ['%n', ['0', '1']],
    ['é %i: %n/%n %c%%', ['é 7: 0/0 bench-0%', 'é 7: 1/1 bench-0%']],
    ['%%n %%%n', ['%n %0', '%n %1']],
  ])('are made of the template %j', (text, expected) => {
    const all = payloadsOf({ kind: 'template', text }, 2, { number: 7, unstamped: true })
    expect(all.map(String)).toEqual(expected)
    const stamped = payloadsOf({ kind: 'template', text }, 2, { number: 7 })
    expect(stamped.map((bytes) => bytes.subarray(STAMP_SIZE).toString())).toEqual(expected)
  })

  it('made of a template have room for any number', () => {
    const payloads = payloadMaker(
      { payloadSize: 0, payload: { kind: 'template', text: '%n' }, unstamped: true },
      1,
    )(anyone)
    payloads.next(2 ** 32 - 1)
    expect(payloads.bytes.toString('utf8', 0, payloads.length)).toBe('4294967295')
  })
})

describe('a stamp', () => {
  it.each([
    [{ payloadSize: 16 }, true],
    [{ payloadSize: 15 }, false],
    [{ payloadSize: 100, unstamped: true }, false],
    [{ payloadSize: 0, payload: skewed }, true],
    [{ payloadSize: 0, payload: { kind: 'sizes', sizes: [{ from: 15, to: 99, share: 1 }] } }, false],
    [{ payloadSize: 0, payload: { kind: 'template', text: '' } }, true],
    [{ payloadSize: 0, payload: { kind: 'template', text: 'text' }, unstamped: true }, false],
  ] as const)('of %j: %s', (publish, expected) => {
    expect(isStamped(publish)).toBe(expected)
  })
})
