import { describe, expect, it } from 'vitest'
import { besideOthers } from '../support/clean-up.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { tmqtt } from './clients.ts'
import { faults } from './faults.ts'
import { type Outcome, publishing, subscribing, type Trial } from './world.ts'

const trials: readonly Trial[] = faults.flatMap((fault) =>
  (['tcp', 'tls', 'ws'] as const).flatMap((transport) =>
    ([0, 1, 2] as const).map((qos) => ({ fault, transport, qos, clients: tmqtt, keepAlive: 5 })),
  ),
)

describe.skipIf(!hasMosquitto).concurrent.each<[name: string, work: (trial: Trial) => Promise<Outcome>]>([
  ['pub -l -c', publishing],
  ['sub -c', subscribing],
])('%s goes on when', (name, work) => {
  for (const trial of trials) {
    const { fault, transport, qos } = trial
    it(
      `${fault.name}, over ${transport} at QoS ${qos}`,
      (context) =>
        besideOthers(context, async () => {
          const outcome = await work(trial)
          expect(outcome).toMatchObject({ unexpected: 0, misplaced: 0 })
          if (qos > 0) expect(outcome, outcome.stderr).toMatchObject({ code: 0, lost: 0 })
          if (qos === 2) expect(outcome.duplicated).toBe(0)
          if (qos === 0) expect(outcome.duplicated).toBe(0)
          if (name.startsWith('pub') && qos === 0 && outcome.lost > 0) {
            expect(outcome.code).toBe(7)
            expect(outcome.stderr).toContain('may be lost')
          }
        }),
      20_000,
    )
  }
})
