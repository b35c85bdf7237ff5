import { beforeAll, describe } from 'vitest'
import { certificates } from '../support/certificates.ts'
import { type Ejabberd, ejabberdUser, hasEjabberd, startEjabberd } from '../support/ejabberd.ts'
import { allScenarios } from './all-scenarios.ts'
import { limits } from './limits.ts'
import { observed } from './observed.ts'

describe.skipIf(!hasEjabberd)('ejabberd', () => {
  let ejabberd: Ejabberd
  beforeAll(async () => {
    ejabberd = await startEjabberd({ tls: (await certificates()).server })
  }, 60_000)
  const withUser = (url: string) => Object.assign(new URL(url), ejabberdUser).href

  allScenarios({
    limits: limits.ejabberd,
    start: () => observed(withUser(ejabberd.urls.tcp)),
    listeners: async () => ({
      tls: withUser(ejabberd.urls.tls),
      ws: withUser(ejabberd.urls.ws),
      wss: withUser(ejabberd.urls.wss),
    }),
    user: ejabberdUser,
    guarded: async () => ejabberd.urls.tcp,
  })
})
