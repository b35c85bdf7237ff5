import { describe, expect, it } from 'vitest'
import { brokerLifeChecks } from './broker-checks.ts'
import { hasMosquittoClients } from './mosquitto-clients.ts'
import { hasRabbitmq, startRabbitmq } from './rabbitmq.ts'

describe.skipIf(!hasRabbitmq || !hasMosquittoClients)('startRabbitmq', () => {
  const password = { username: 'joe', password: 'p w' }
  brokerLifeChecks(() => startRabbitmq({ password }), ['-u', password.username, '-P', password.password])

  it('tells why it does not start', { timeout: 60_000 }, async () => {
    await expect(startRabbitmq({ config: ['no_such_setting = 1'] })).rejects.toThrow(/no_such_setting/)
  })
})
