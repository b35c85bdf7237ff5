import { beforeAll, describe } from 'vitest'
import { type Activemq, hasActivemq, startActivemq } from '../support/activemq.ts'
import { certificates } from '../support/certificates.ts'
import { allScenarios } from './all-scenarios.ts'
import { limits } from './limits.ts'
import { observed } from './observed.ts'

const user = { username: 'joe', password: 'p w' }

describe.skipIf(!hasActivemq)('ActiveMQ', () => {
  let activemq: Activemq
  beforeAll(async () => {
    const { server } = await certificates()
    activemq = await startActivemq({ password: user, tls: server })
  }, 60_000)

  allScenarios({
    limits: limits.activemq,
    start: () => observed(activemq.urls.tcp),
    listeners: async () => activemq.urls,
    user,
    isOpen: true,
    guarded: async () => activemq.urls.tcp,
  })
})
