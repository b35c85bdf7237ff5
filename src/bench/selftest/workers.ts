import { claimCounts } from './claims.ts'
import { drainMs, flow, messages } from './flow.ts'
import { countsOf, type Scenario } from './scenario.ts'

/** What has to come to the same, whoever of the generator's threads does it. */
export const workerScenarios: readonly Scenario[] = [
  {
    name: 'workers',
    script: { duplicate: 50 },
    runs: [1, 2].map((workers) =>
      flow(1, { workers, publish: { clients: 4, poisson: true }, subscribe: { clients: 4, filter: 'selftest/%i' } }),
    ),
    claims: (both) =>
      both.map((found, at) =>
        claimCounts(
          `the same with ${at === 0 ? '1 worker' : '2 workers'}: 1 of 50 deliveries is made twice`,
          found,
          countsOf(messages, messages, { duplicates: 20 }),
        ),
      ),
  },
  {
    name: 'shared-group',
    script: { drop: 100, duplicate: 40 },
    runs: [flow(1, { workers: 2, subscribe: { clients: 4, filter: '$share/g/selftest/+' }, phases: { drainMs } })],
    claims: ([found]) => [
      // Of 25 that two members would have had, 5 are dropped.
      claimCounts(
        'with 2 workers 10 of 1,000 are dropped, and two members have 20',
        found!,
        countsOf(messages, messages, { received: messages - 10, lost: 10, duplicates: 20 }),
      ),
    ],
  },
]
