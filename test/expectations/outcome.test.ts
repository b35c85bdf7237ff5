import { describe, expect, it } from 'vitest'
import { holds } from '../../src/expectations/condition.ts'
import { casesOf, type Ending } from '../../src/expectations/outcome.ts'
import { type Expectation, Tally } from '../../src/expectations/tally.ts'
import { type MessageParts, messageOf } from '../formatters/message-of.ts'

const unlimited = Number.POSITIVE_INFINITY

function tallyOf(expectation: Partial<Expectation>, ...messages: readonly MessageParts[]): Tally {
  const tally = new Tally({
    filters: ['a'],
    conditions: [],
    steps: [],
    atLeast: 1,
    atMost: unlimited,
    none: [],
    withoutRetained: true,
    ...expectation,
  })
  for (const parts of messages) tally.take(messageOf({ topic: 'a', ...parts }))
  return tally
}

/** Status, name, message and details of each case. */
function told(tally: Tally, ending: Partial<Ending> = {}) {
  const whole = { cut: undefined, isLate: false, withinMs: 2500, elapsedMs: 100, command: undefined, ...ending }
  return casesOf(tally, whole).map(({ status, name, message, details = [] }) => [
    status,
    name,
    ...(message === undefined ? [] : [message, ...details]),
  ])
}

const stays = 'stays subscribed to the end'
const unclear = 'the run was over before this was clear'

describe('casesOf', () => {
  it('has a case for each expectation, all passed', async () => {
    const conditions = [await holds('payload == 1')]
    const tally = tallyOf({ filters: ['a', 'b/+'], conditions, none: ['x', 'y'] }, { payload: '1' })
    expect(told(tally, { command: { name: './start.sh', state: 'ended' } })).toEqual([
      ['passed', stays],
      ['passed', "at least 1 message on 'a' or 'b/+' --where 'payload == 1'"],
      ['passed', "nothing on 'x'"],
      ['passed', "nothing on 'y'"],
      ['passed', './start.sh'],
    ])
    expect(casesOf(tally, { cut: undefined, isLate: false, withinMs: 1, elapsedMs: 7, command: undefined })[0]).toEqual(
      {
        group: 'tmqtt expect',
        name: stays,
        timeMs: 7,
        status: 'passed',
      },
    )
  })

  it.each<[expectation: Partial<Expectation>, name: string]>([
    [{ atLeast: 3, atMost: 3 }, "exactly 3 messages on 'a'"],
    [{ atLeast: 0, atMost: 3 }, "at most 3 messages on 'a'"],
    [{ atLeast: 2, atMost: 3 }, "2 to 3 messages on 'a'"],
  ])('calls %j %s', (expectation, name) => {
    expect(told(tallyOf(expectation))[1]?.[1]).toBe(name)
  })

  it('says what was missing, and what came instead', async () => {
    const conditions = [await holds('payload == 1')]
    const came = [{ payload: '1' }, { payload: '2' }, { payload: '3', retain: true }]
    expect(told(tallyOf({ atLeast: 2, conditions }, ...came), { isLate: true })[1]).toEqual([
      'failed',
      "at least 2 messages on 'a' --where 'payload == 1'",
      '1 of 2 messages came within 2.5 s',
      '1 more came that did not count; the nearest:',
      "'a' 2; not met: --where 'payload == 1'",
      '1 retained from before did not count (--retained counts them)',
    ])
    expect(told(tallyOf({}), { isLate: true })[1]?.slice(2)).toEqual([
      '0 of 1 messages came within 2.5 s',
      "nothing came on 'a'",
    ])
  })

  it('says which of the messages in order was awaited', async () => {
    const steps = [await holds('payload == 1'), await holds('payload == 2')]
    expect(told(tallyOf({ steps, atLeast: 2 }, { payload: '1' }), { isLate: true })[1]).toEqual([
      'failed',
      "2 messages in order on 'a' --where 'payload == 1' --where 'payload == 2'",
      '1 of 2 messages came within 2.5 s',
      "the next to come: --where 'payload == 2'",
      "nothing else came on 'a'",
    ])
  })

  it('says what was too much, and leaves the rest open', () => {
    const tally = tallyOf({ atMost: 1, none: ['x'] }, { payload: 'one' }, { payload: 'two' })
    expect(told(tally, { command: { name: 'c', state: 'running' } })).toEqual([
      ['passed', stays],
      ['failed', "exactly 1 message on 'a'", '2 messages came, more than 1', "one too many: 'a' two"],
      ['skipped', "nothing on 'x'", unclear],
      ['skipped', 'c', unclear],
    ])
  })

  it('says what came and must not, and leaves open what may have come', () => {
    const tally = tallyOf({ none: ['x', 'y'] }, { topic: 'y', payload: 'oh' })
    expect(told(tally, { command: { name: 'c', state: 'ended' } })).toEqual([
      ['passed', stays],
      ['skipped', "at least 1 message on 'a'", unclear],
      ['skipped', "nothing on 'x'", unclear],
      ['failed', "nothing on 'y'", "a message came on 'y'", "'y' oh"],
      ['passed', 'c'],
    ])
  })

  it.each<[ending: Partial<Ending>, message: string]>([
    [{ command: { name: 'c', state: 'ended', failure: 'ended with exit status 1' } }, 'c ended with exit status 1'],
    [{ command: { name: 'c', state: 'running' }, isLate: true }, 'c did not end within 2.5 s'],
  ])('says how a command has failed: %j', (ending, message) => {
    const [, count, , command] = told(tallyOf({ none: ['x'] }, {}), ending)
    expect(count?.[0]).toBe('passed')
    expect(command).toEqual(['failed', 'c', message])
  })

  it('says what cut it short', () => {
    const tally = tallyOf({ atLeast: 2, none: ['x'] }, {})
    expect(told(tally, { cut: 'cannot reach it', command: { name: 'c', state: 'running' } })).toEqual([
      ['failed', stays, 'cannot reach it'],
      ['skipped', "at least 2 messages on 'a'", unclear],
      ['skipped', "nothing on 'x'", unclear],
      ['skipped', 'c', unclear],
    ])
  })

  it('takes silence until the time was up for silence', () => {
    expect(told(tallyOf({ atLeast: 0, atMost: 0 }), { isLate: true }).map(([status]) => status)).toEqual([
      'passed',
      'passed',
    ])
    expect(told(tallyOf({ filters: [], atLeast: 0, none: ['x'] }), { isLate: true })).toEqual([
      ['passed', stays],
      ['passed', "nothing on 'x'"],
    ])
  })
})
