import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Link } from '../support/link.ts'
import type { Random } from '../support/random.ts'
import type { Urls } from '../support/urls.ts'
import type { Client, Starter } from './clients.ts'
import { lineOf } from './tally.ts'

/** Numbered lines for a publisher, until it is `over`. Resolves with how many. */
export async function feed({ program }: Client, random: Random, over: AbortSignal): Promise<number> {
  let sent = 0
  const gone = new AbortController()
  const ended = program.exited.finally(() => gone.abort())
  while (!over.aborted && !gone.signal.aborted) {
    const lines = random.list(1, 10, () => `${lineOf(++sent)}\n`)
    if (!program.stdin.write(lines.join(''))) await Promise.race([once(program.stdin, 'drain'), ended])
    await delay(random.integer(1, 150))
  }
  program.stdin.end()
  return sent
}

/** What became of the requests of `rr`. */
export interface Asked {
  readonly asked: number
  readonly answered: number
  /** By exit status, of those that are no fault of the program: the connection was lost, the time ran out … */
  readonly gaveUp: ReadonlyMap<number, number>
  readonly wrong: readonly string[]
}

/** Not reached, lost, keep alive exceeded, no answer in time. */
const mayGiveUp = new Set([3, 7, 19, 27])

/** One request after the other over `link`, until it is `over`. */
export async function ask(starter: Starter, link: Link, random: Random, over: AbortSignal): Promise<Asked> {
  const gaveUp = new Map<number, number>()
  const wrong: string[] = []
  let asked = 0
  let answered = 0
  while (!over.aborted) {
    const question = `question ${++asked}`
    const transport = random.pick<keyof Urls>(['tcp', 'tls', 'ws', 'wss'])
    const qos = String(random.integer(0, 2))
    const args = ['rr', '-t', 'ask', '-e', 'answer', '--correlate', '-m', question, '-q', qos, '-W', '10']
    const program = starter.start(link, transport, args)
    const { code } = await program.exited
    const output = program.stdout.toString()
    if (code === 0 && output === `${question}\n`) answered++
    else if (code !== null && mayGiveUp.has(code) && output === '') gaveUp.set(code, (gaveUp.get(code) ?? 0) + 1)
    else wrong.push(`${question}: exit status ${code}, ${JSON.stringify(output)}, ${program.stderr}`)
    await delay(random.integer(100, 500))
  }
  return { asked, answered, gaveUp, wrong }
}
