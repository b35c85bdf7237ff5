import { qosOf } from './clients.ts'
import { type Growth, growthOf, isGrowing } from './growth.ts'
import { INTERVAL_MS, type Samples } from './memory.ts'
import type { Ended, SoakResult } from './soak.ts'

export interface SoakReport {
  readonly text: string
  /** What must not be. */
  readonly problems: readonly string[]
}

export function reportOf(result: SoakResult): SoakReport {
  const { minutes, seed, happened, asked, publishers, subscribers, answerer, sent } = result
  const all = [...publishers, ...subscribers, answerer]
  const problems = [...all.flatMap(endProblems), ...asked.wrong.map((wrong) => `rr: ${wrong}`)]
  if (asked.answered === 0) problems.push('rr: no question was answered')

  const deliveries = subscribers.flatMap(({ client, tally }) => {
    if (tally.unexpected.length > 0) {
      problems.push(`${client.name}: unexpected ${tally.unexpected.length}: ${tally.unexpected[0]!.slice(0, 100)}`)
    }
    return publishers.map(({ client: from }) => {
      const qos = Math.min(qosOf(client), qosOf(from))
      const { received, lost, duplicated, anew, outOfOrder } = tally.counts.get(`soak/${from.name}`)!
      const again = duplicated - anew.size
      const republished = client.releases.republished.get(`soak/${from.name}`) ?? 0
      if (lost > 0) problems.push(`${client.name}: lost ${lost} of ${from.name} at QoS ${qos}`)
      if (qos === 2 && again > republished) {
        problems.push(`${client.name}: duplicated ${again - republished} of ${from.name} at QoS 2`)
      }
      const byBroker = anew.size + republished
      return [client.name, from.name, qos, received, lost, again, byBroker, tally.unexpected.length, outOfOrder]
    })
  })
  problems.push(
    ...publishers.filter(({ client }) => qosOf(client) === 2).flatMap((each) => publishedTwice(each, subscribers)),
  )

  const memory = all.map(({ client: { name } }) => {
    const { samples, growth, isJudged } = settled(result.memory.get(name)!, minutes)
    const isTooMuch = isJudged && isGrowing(growth)
    if (isTooMuch) problems.push(`${name}: its memory grows by ${shownGrowth(growth)} KiB/min`)
    const verdict = isTooMuch ? 'grows' : isJudged ? 'indistinguishable from zero' : 'too short to tell'
    return [name, mebibytes(samples[0]!), mebibytes(samples.at(-1)!), shownGrowth(growth), verdict]
  })

  const gaveUp = [...asked.gaveUp].map(([code, count]) => `, ${count} gave up with ${code}`)
  const text = [
    `A soak of ${minutes} min, seed ${seed}, ${happened.length} faults: ${counted(happened.map(({ fault }) => fault))}`,
    table(
      ['pub', 'QoS', 'sent', 'acknowledged', 'reconnects'],
      publishers.map((each) => {
        const count = sent.get(`soak/${each.client.name}`)!
        return [each.client.name, qosOf(each.client), count, acknowledged(each, count), each.reconnects]
      }),
    ),
    table(
      ['sub', 'from', 'QoS', 'received', 'lost', 'duplicated', 'by broker', 'unexpected', 'out of order'],
      deliveries,
    ),
    table(
      ['sub', 'reconnects'],
      [...subscribers, answerer].map(({ client, reconnects }) => [client.name, reconnects]),
    ),
    `rr: ${asked.asked} asked, ${asked.answered} answered${gaveUp.join('')}, ${asked.wrong.length} wrong`,
    table(['memory', 'MiB after warm-up', 'at the end', 'KiB/min (99 %)', 'growth'], memory),
    problems.length === 0 ? 'no problems' : problems.join('\n'),
  ].join('\n\n')
  return { text, problems }
}

/** What the broker has sent anew to all who get it at QoS 2, it has itself been sent twice. */
function publishedTwice({ client: { name } }: Ended, subscribers: SoakResult['subscribers']): string[] {
  const exactly = subscribers.filter(({ client }) => qosOf(client) === 2)
  const [first, ...others] = exactly.map(({ tally }) => tally.counts.get(`soak/${name}`)!.anew)
  const twice = [...first!].filter((number) => others.every((anew) => anew.has(number)))
  return twice.length === 0 ? [] : [`${name}: published ${twice.length} twice at QoS 2: ${twice.slice(0, 10)}`]
}

function endProblems({ client, code }: Ended): string[] {
  const { name, program } = client
  const problems: string[] = []
  if (code !== 0) problems.push(`${name}: exit status ${code ?? 'none, it did not end'}: ${program.stderr.slice(-300)}`)
  if (isTrace(program.stderr)) problems.push(`${name}: a stack trace on stderr: ${program.stderr.slice(-1000)}`)
  return problems
}

/** Whether lines look like what Node prints of an error that nobody has handled. */
function isTrace(text: string): boolean {
  return /^ +at .*:\d+:\d+\)?$/m.test(text)
}

function acknowledged({ client, code }: Ended, sent: number): number {
  return code === 0 ? sent : Number(/, acknowledged (\d+)/.exec(client.program.stderr)?.[1] ?? 0)
}

/** In the first minutes a program grows into its memory: compiled code, a heap for the worst that has happened yet. */
function settled(samples: Samples, minutes: number) {
  const warmUp = Math.floor(Math.min(samples.length / 3, (5 * 60_000) / INTERVAL_MS))
  const rest = samples.slice(warmUp)
  return { samples: rest, growth: growthOf(rest, INTERVAL_MS), isJudged: minutes >= 10 }
}

function shownGrowth({ perMinute, uncertainty }: Growth): string {
  return `${perMinute.toFixed(0)} ± ${uncertainty.toFixed(0)}`
}

function mebibytes(kibibytes: number): string {
  return (kibibytes / 1024).toFixed(1)
}

function counted(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, at) => Math.max(...all.map((row) => String(row[at]).length)))
  return all
    .map((row) =>
      row
        .map((cell, at) => String(cell).padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
