import { beforeAll, describe, expect, it } from 'vitest'
import { type Activemq, hasActivemq, startActivemq } from '../support/activemq.ts'
import { runCli } from '../support/run.ts'
import { observed } from './observed.ts'
import { brokerScenarios } from './scenarios.ts'

describe.skipIf(!hasActivemq)('ActiveMQ', () => {
  let activemq: Activemq
  beforeAll(async () => {
    activemq = await startActivemq()
  }, 60_000)

  brokerScenarios(() => observed(activemq.urls.tcp), ['31', '311'])

  it('does not speak MQTT 5', async () => {
    const refused = runCli(['pub', '-L', activemq.urls.tcp, '-V', '5', '-t', 't', '-m', 'x'])
    // CONNACK of MQTT 3.1.1, return code 1.
    expect(await refused.exit).toBe(1)
    expect(refused.stderr).toContain('unacceptable protocol version (1); try another protocol version (-V)')
  })
})
