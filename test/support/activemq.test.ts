import { describe } from 'vitest'
import { hasActivemq, startActivemq } from './activemq.ts'
import { brokerLifeChecks } from './broker-checks.ts'
import { hasMosquittoClients } from './mosquitto-clients.ts'

describe.skipIf(!hasActivemq || !hasMosquittoClients)('startActivemq', () => {
  brokerLifeChecks((tls) => startActivemq({ tls }))
})
