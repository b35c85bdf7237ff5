import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { besideOthers } from '../support/clean-up.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { mosquitto, tmqtt } from './clients.ts'
import { Comparison } from './comparison.ts'
import { faults } from './faults.ts'
import { type Outcome, publishing, subscribing, type Trial } from './world.ts'

/** Whether mosquitto's clients go through the same, for a table to print: `npm run faults`. */
const compares = process.env.FAULTS_COMPARE !== undefined

const trials: readonly Trial[] = (compares ? [tmqtt, mosquitto] : [tmqtt]).flatMap((clients) =>
  faults.flatMap((fault) =>
    (compares ? (['tcp'] as const) : (['tcp', 'tls', 'ws'] as const)).flatMap((transport) =>
      ([0, 1, 2] as const).map((qos) => ({ fault, transport, qos, clients, keepAlive: 5 })),
    ),
  ),
)

const comparison = new Comparison()

describe.skipIf(!hasMosquitto).concurrent.each<[name: string, work: (trial: Trial) => Promise<Outcome>]>([
  ['pub -l -c', publishing],
  ['sub -c', subscribing],
])('%s goes on when', (name, work) => {
  for (const trial of trials) {
    const { fault, transport, qos, clients } = trial
    const title = `${fault.name}, over ${transport} at QoS ${qos}`
    if (clients !== tmqtt) {
      it(`${title}, or what ${clients.name} does`, (context) =>
        besideOthers(context, async () => {
          const late = delay(20_000, 'it has not ended within 20 s')
          comparison.add(name, trial, await Promise.race([work(trial).catch(String), late]))
        }))
      continue
    }
    it.skipIf(fault.isPossible === false)(title, (context) =>
      besideOthers(context, async () => {
        const outcome = await work(trial)
        comparison.add(name, trial, outcome)
        expect(outcome).toMatchObject({ unexpected: 0, misplaced: 0 })
        if (qos > 0) expect(outcome, outcome.stderr).toMatchObject({ code: 0, lost: 0 })
        if (qos !== 1) expect(outcome.duplicated).toBe(0)
        if (name.startsWith('pub') && qos === 0 && outcome.lost > 0) {
          expect(outcome.code).toBe(7)
          expect(outcome.stderr).toContain('may be lost')
        }
      }),
    )
  }
})

afterAll(() => {
  if (compares) process.stdout.write(`\n${comparison.table()}\n`)
})
