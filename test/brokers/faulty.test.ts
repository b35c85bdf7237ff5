import { describe } from 'vitest'
import { knownFaulty } from './known-broker.ts'
import { brokerScenarios } from './scenarios.ts'

describe('the faulty broker without a fault', () => {
  brokerScenarios(() => knownFaulty({ limits: { maximumPacketSize: 2 ** 21 } }), ['31', '311', '5'])
})
