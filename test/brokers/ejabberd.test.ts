import { beforeAll, describe, expect, it } from 'vitest'
import { type Ejabberd, ejabberdUser, hasEjabberd, startEjabberd } from '../support/ejabberd.ts'
import { runCli } from '../support/run.ts'
import { observed } from './observed.ts'
import { brokerScenarios, carriesEveryQos } from './scenarios.ts'

describe.skipIf(!hasEjabberd)('ejabberd', () => {
  const { username, password } = ejabberdUser
  let ejabberd: Ejabberd
  beforeAll(async () => {
    ejabberd = await startEjabberd()
  }, 60_000)

  brokerScenarios(() => {
    const { href } = Object.assign(new URL(ejabberd.urls.tcp), { username, password })
    return observed(href)
  }, ['311', '5'])

  it.each(['311', '5'])('is reached over WebSocket, with -V %s', async (version) => {
    await carriesEveryQos(['-L', ejabberd.urls.ws, '-u', username, '-P', password, '-V', version])
  })

  // CONNACK, not authorized: return code of MQTT 3.1.1, reason code of MQTT 5.
  it.each([
    ['311', 5],
    ['5', 135],
  ])('wants user and password, with -V %s', async (version, code) => {
    const at = ['-L', ejabberd.urls.tcp, '-V', version, '-t', 't', '-m', 'x']
    for (const user of [[], ['-u', username, '-P', 'wrong']]) {
      const refused = runCli(['pub', ...at, ...user])
      expect(await refused.exit).toBe(code)
      expect(refused.stderr).toMatch(/refused the connection: not authorized/i)
    }
  })

  it('does not speak MQTT 3.1', async () => {
    const at = ['-L', ejabberd.urls.tcp, '-V', '31', '-u', username, '-P', password]
    const refused = runCli(['pub', ...at, '-t', 't', '-m', 'x'])
    expect(await refused.exit).toBe(1)
    expect(refused.stderr).toContain('unacceptable protocol version (1); try another protocol version (-V)')
  })
})
