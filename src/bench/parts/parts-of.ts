import { configurationOf } from '../configuration.ts'
import { Alone } from './alone.ts'
import { Follower } from './follower.ts'
import { Leader } from './leader.ts'
import type { Parts } from './parts.ts'
import type { Setting } from './setting.ts'

/** The part that the plan is of, and its company. */
export function partsOf(setting: Omit<Setting, 'configuration' | 'session'>): Parts {
  const { plan, clock } = setting
  if (plan.shard.of === 1) return new Alone(plan, clock)
  const configuration = JSON.stringify(configurationOf('bench', plan))
  const session = Math.random().toString(36).slice(2, 6)
  return new (plan.shard.index === 0 ? Leader : Follower)({ ...setting, configuration, session })
}
