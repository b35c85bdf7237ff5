import { connectScenarios } from './connect-scenarios.ts'
import { brokerScenarios } from './scenarios.ts'
import { type Subject, versionsOf } from './subject.ts'
import { transportScenarios } from './transport-scenarios.ts'
import { wildcardScenarios } from './wildcard-scenarios.ts'

/** What every broker is to do, within its limits. */
export function allScenarios(subject: Subject): void {
  brokerScenarios(subject.start, versionsOf(subject.limits), subject.limits)
  connectScenarios(subject)
  wildcardScenarios(subject)
  transportScenarios(subject)
}
