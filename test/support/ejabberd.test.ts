import { describe } from 'vitest'
import { brokerLifeChecks } from './broker-checks.ts'
import { ejabberdUser, hasEjabberd, startEjabberd } from './ejabberd.ts'
import { hasMosquittoClients } from './mosquitto-clients.ts'

describe.skipIf(!hasEjabberd || !hasMosquittoClients)('startEjabberd', () => {
  brokerLifeChecks((tls) => startEjabberd({ tls }), ['-u', ejabberdUser.username, '-P', ejabberdUser.password])
})
