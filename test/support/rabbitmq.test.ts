import { describe } from 'vitest'
import { brokerLifeChecks } from './broker-checks.ts'
import { hasMosquittoClients } from './mosquitto-clients.ts'
import { hasRabbitmq, startRabbitmq } from './rabbitmq.ts'

describe.skipIf(!hasRabbitmq || !hasMosquittoClients)('startRabbitmq', () => {
  const password = { username: 'joe', password: 'p w' }
  brokerLifeChecks((tls) => startRabbitmq({ password, tls }), ['-u', password.username, '-P', password.password])
})
