import { describe, expect, it } from 'vitest'
import { type Condition, holds, payloadContains, payloadIs, payloadMatches } from '../../src/expectations/condition.ts'
import { type Expectation, Tally } from '../../src/expectations/tally.ts'
import { type MessageParts, messageOf } from '../formatters/message-of.ts'

function tallyOf(expectation: Partial<Expectation> = {}): Tally {
  return new Tally({
    filters: ['a/#'],
    conditions: [],
    steps: [],
    atLeast: 1,
    atMost: Number.POSITIVE_INFINITY,
    none: [],
    withoutRetained: true,
    ...expectation,
  })
}

/** Has it told of messages. @returns the filter by which each counts. */
function told(tally: Tally, ...messages: readonly MessageParts[]): (string | undefined)[] {
  return messages.map((parts) => tally.take(messageOf({ topic: 'a/b', ...parts })))
}

const where = (...expressions: readonly string[]): Promise<Condition[]> => Promise.all(expressions.map(holds))

describe('Tally', () => {
  it('counts the messages of its filters', () => {
    const tally = tallyOf({ filters: ['a/+', 'c'], atLeast: 2 })
    expect(told(tally, { topic: 'a/b' }, { topic: 'b' }, { topic: 'c/d' })).toEqual(['a/+', undefined, undefined])
    expect([tally.counted, tally.passed, tally.hasEnough]).toEqual([1, 0, false])
    expect(told(tally, { topic: 'c' })).toEqual(['c'])
    expect([tally.counted, tally.hasEnough]).toEqual([2, true])
  })

  it.each<[name: string, condition: () => Condition | Promise<Condition>, met: string[], not: string[]]>([
    ['--payload', () => payloadIs('äx'), ['äx'], ['', 'äx ', 'x']],
    ['--contains', () => payloadContains('äx'), ['äx', 'a äx b'], ['', 'ä x']],
    ['--matches', () => payloadMatches('^a+$'), ['a', 'aaa'], ['', 'ab', 'a\n']],
    ['--where', () => holds('payload.n > 1'), ['{"n":2}'], ['{"n":1}', '{"n":"2"}', '{}', 'n', '']],
  ])('counts what %s lets count', async (_name, condition, met, not) => {
    const tally = tallyOf({ conditions: [await condition()] })
    expect(told(tally, ...met.map((payload) => ({ payload })))).toEqual(met.map(() => 'a/#'))
    expect(told(tally, ...not.map((payload) => ({ payload })))).toEqual(not.map(() => undefined))
    expect([tally.counted, tally.passed]).toEqual([met.length, not.length])
  })

  it('wants every condition met', async () => {
    const tally = tallyOf({ conditions: await where('payload.a == 1', 'payload.b == 2') })
    const payloads = ['{"a":1}', '{"b":2}', '{"a":1,"b":2}']
    expect(told(tally, ...payloads.map((payload) => ({ payload })))).toEqual([undefined, undefined, 'a/#'])
  })

  it('does not hold a long payload against what does not read it', async () => {
    const payload = Buffer.alloc(2_000_000, 'x')
    const unread = tallyOf({ conditions: [payloadContains('xx'), ...(await where('size > 1 && topic == "a/b"'))] })
    expect(told(unread, { payload })).toEqual(['a/#'])
    const read = tallyOf({ conditions: [await payloadMatches('x'), ...(await where('text != ""', 'payload != 1'))] })
    expect(told(read, { payload })).toEqual([undefined])
    expect(read.nearest.all[0]?.failures).toEqual([
      "--matches 'x' (the payload is longer than 1 MiB)",
      `--where 'text != ""' (the payload is longer than 1 MiB)`,
      "--where 'payload != 1' (the payload is longer than 1 MiB)",
    ])
  })

  it('leaves out retained messages, unless they count', () => {
    const tally = tallyOf({ none: ['n'] })
    expect(told(tally, { retain: true }, { topic: 'n', retain: true })).toEqual([undefined, undefined])
    expect([tally.counted, tally.leftOut, tally.breach]).toEqual([0, 2, undefined])
    const counting = tallyOf({ none: ['n'], withoutRetained: false })
    expect(told(counting, { retain: true })).toEqual(['a/#'])
    told(counting, { topic: 'n', retain: true })
    expect(counting.breach).toMatchObject({ filter: 'n' })
  })

  it('is broken by one too many', () => {
    const tally = tallyOf({ atMost: 1 })
    told(tally, { payload: 'x' })
    expect([tally.breach, tally.canBreak]).toEqual([undefined, true])
    told(tally, { payload: 'y' })
    expect(tally.breach).toEqual({ filter: undefined, sighting: { topic: 'a/b', payload: 'y', failures: [] } })
  })

  it('is not broken by one that does not count', async () => {
    const tally = tallyOf({ atMost: 0, conditions: await where('payload == 1') })
    told(tally, { payload: '2' }, { topic: 'x', payload: '1' })
    expect(tally.breach).toBeUndefined()
  })

  it('is broken by what comes on a topic of none, whatever it holds', async () => {
    const tally = tallyOf({ none: ['a/error', 'e/#'], conditions: await where('payload == 1') })
    told(tally, { topic: 'a/done' }, { topic: 'e/x', payload: 'first' }, { topic: 'a/error', payload: 'second' })
    expect(tally.breach).toEqual({ filter: 'e/#', sighting: { topic: 'e/x', payload: 'first', failures: [] } })
  })

  it('cannot be broken where more is as good', () => {
    expect(tallyOf().canBreak).toBe(false)
    expect(tallyOf({ none: ['n'] }).canBreak).toBe(true)
  })

  it('wants one step after the other, with others between', async () => {
    const steps = await where('payload == 1', 'payload == 2', 'payload == 2')
    const tally = tallyOf({ steps, atLeast: 3, conditions: [] })
    const taken = (payload: string) => told(tally, { payload })[0] !== undefined
    expect(['2', '1', '1', '3', '2'].map(taken)).toEqual([false, true, false, false, true])
    expect(tally.hasEnough).toBe(false)
    expect(['1', '2', '2'].map(taken)).toEqual([false, true, false])
    expect([tally.hasEnough, tally.counted, tally.breach]).toEqual([true, 3, undefined])
  })
})

describe('Nearest', () => {
  const failuresOf = (tally: Tally) => tally.nearest.all.map(({ payload, failures }) => [payload, failures.length])

  it('keeps the first five of those that failed the fewest conditions', async () => {
    const conditions = await where('payload.a', 'payload.b', 'payload.c')
    const tally = tallyOf({ conditions })
    const told1 = (payload: string) => told(tally, { payload })
    for (let at = 0; at < 6; at++) told1(`{"n":${at}}`)
    expect(failuresOf(tally)).toEqual([0, 1, 2, 3, 4].map((n) => [`{"n":${n}}`, 3]))
    told1('{"a":true}')
    told1('{"b":true,"c":true}')
    told1('{"c":true}')
    expect(failuresOf(tally)).toEqual([
      ['{"b":true,"c":true}', 1],
      ['{"a":true}', 2],
      ['{"c":true}', 2],
      ['{"n":0}', 3],
      ['{"n":1}', 3],
    ])
    expect(tally.passed).toBe(9)
  })

  it('keeps the beginning of long ones', async () => {
    const tally = tallyOf({ conditions: await where('payload.a') })
    told(tally, { topic: `a/${'t'.repeat(300)}`, payload: `x${'ä'.repeat(5000)}` })
    expect(tally.nearest.all).toEqual([
      {
        topic: `a/${'t'.repeat(158)}…`,
        payload: `x${'ä'.repeat(79)}… (10001 bytes)`,
        failures: ["--where 'payload.a' (no such key: a)"],
      },
    ])
  })
})
