import type { ConnectionValues } from '../../options/connection.ts'
import type { RunEvents, runBench } from '../run.ts'
import { answerScenarios } from './answers.ts'
import { startScriptedBroker } from './broker.ts'
import { deliveryScenarios } from './delivery.ts'
import { type PlanParts, planOf } from './plan.ts'
import type { Found, Scenario } from './scenario.ts'
import type { Script } from './script.ts'
import { Stops } from './stops.ts'
import { slackOf, timingScenarios } from './timing.ts'
import { workerScenarios } from './workers.ts'

export const scenarios: readonly Scenario[] = [
  ...deliveryScenarios,
  ...answerScenarios,
  ...timingScenarios,
  ...workerScenarios,
]

export interface SelftestOptions extends Pick<RunEvents, 'program' | 'host' | 'cpuUsage' | 'signal' | 'notice'> {
  /** What is tested. */
  readonly engine: typeof runBench
  /** Of a connection of which nothing is asked. */
  readonly values: ConnectionValues
}

/**
 * Runs the engine against a broker that is known to be at fault. The broker has the thread of the engine's only
 * worker: it is there to be right, not fast.
 *
 * @returns what the claims of the scenario are about.
 */
export async function plant({ script, runs }: Scenario, options: SelftestOptions): Promise<readonly Found[]> {
  const found: Found[] = []
  for (const parts of runs) found.push(await runOnce(script, parts, options))
  options.signal.throwIfAborted()
  return found
}

async function runOnce(
  script: Script,
  parts: PlanParts,
  { engine, values, ...events }: SelftestOptions,
): Promise<Found> {
  const broker = await startScriptedBroker(script)
  const stops = new Stops()
  try {
    const result = await engine(planOf(values, broker.port, parts), events)
    stops.end()
    return { result, books: broker.books, slackMs: slackOf(stops.longestMs) }
  } finally {
    stops.end()
    await broker.stop()
  }
}
