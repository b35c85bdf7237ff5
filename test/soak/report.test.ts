import { describe, expect, it } from 'vitest'
import type { Client } from './clients.ts'
import { reportOf } from './report.ts'
import type { SoakResult } from './soak.ts'
import { lineOf, tallyOf } from './tally.ts'

const [flat, leaking] = [0, 10].map((step) => Array.from({ length: 300 }, (_, at) => 9000 + at * step))

/** What a publisher and two subscribers, all at QoS 2, have come to. */
interface Told {
  readonly minutes?: number
  readonly code?: number | null
  readonly stderr?: string
  readonly wrong?: readonly string[]
  readonly samples?: readonly number[]
  /** How many the broker has sent again that were through. */
  readonly republished?: number
  /** Packet identifier and number of each line of the subscribers. */
  readonly lines?: readonly [id: number, number: number][]
  readonly others?: readonly [id: number, number: number][]
}

const all = [
  [1, 1],
  [2, 2],
] as const satisfies Told['lines']

function problemsOf(told: Told): readonly string[] {
  const {
    minutes = 30,
    code = 0,
    stderr = '',
    wrong = [],
    samples = flat!,
    lines = all,
    others = all,
    republished = 0,
  } = told
  const releases = { republished: new Map([['soak/p', republished]]) }
  const ended = (name: string) => {
    const client = {
      name,
      args: ['-q', '2'],
      program: { stderr: name === 's' ? stderr : '' },
      releases,
    } as unknown as Client
    return { client, reconnects: 1, code: name === 's' ? code : 0 }
  }
  const sent = new Map([['soak/p', 2]])
  const tally = (received: typeof lines) =>
    tallyOf(received.map(([id, number]) => `soak/p ${id} ${lineOf(number)}\n`).join(''), sent)
  const result: SoakResult = {
    minutes,
    seed: 1,
    happened: [],
    asked: { asked: 1, answered: 1, gaveUp: new Map(), wrong },
    sent,
    publishers: [ended('p')],
    subscribers: [
      { ...ended('s'), tally: tally(lines) },
      { ...ended('o'), tally: tally(others) },
    ],
    answerer: ended('reply'),
    memory: new Map(['p', 's', 'o', 'reply'].map((name) => [name, name === 's' ? samples : flat!])),
  }
  return reportOf(result).problems
}

describe('the report of a soak', () => {
  it.each<{ readonly name: string; readonly told: Told }>([
    { name: 'all is well', told: {} },
    { name: 'the broker sends one anew', told: { lines: [...all, [3, 1]] } },
    { name: 'the broker publishes one after PUBREL', told: { lines: [...all, [1, 1]], republished: 1 } },
    { name: 'memory grows in the first minutes', told: { minutes: 1, samples: leaking! } },
  ])('has no problems where $name', ({ told }) => {
    expect(problemsOf(told)).toEqual([])
  })

  it.each<{ readonly told: Told; readonly problem: RegExp }>([
    { told: { lines: [[1, 1]] }, problem: /^s: lost 1 of p at QoS 2$/ },
    { told: { lines: [...all, [1, 1]] }, problem: /^s: duplicated 1 of p at QoS 2$/ },
    { told: { lines: [...all, [3, 1]], others: [...all, [9, 1]] }, problem: /^p: published 1 twice at QoS 2: 1$/ },
    { told: { lines: [...all, [3, 3]] }, problem: /^s: unexpected 1: soak\/p 3 3 xxx$/ },
    { told: { code: 7 }, problem: /^s: exit status 7: / },
    { told: { code: null }, problem: /^s: exit status none, it did not end: / },
    { told: { stderr: 'Error: x\n    at f (/a/b.cjs:1:20)\n' }, problem: /^s: a stack trace on stderr: / },
    { told: { wrong: ['question 1: exit status 70'] }, problem: /^rr: question 1: exit status 70$/ },
    { told: { samples: leaking! }, problem: /^s: its memory grows by 1\d{3} ± \d+ KiB\/min$/ },
  ])('has $problem', ({ told, problem }) => {
    expect(problemsOf(told)).toEqual([expect.stringMatching(problem)])
  })
})
