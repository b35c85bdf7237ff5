import { beforeAll, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { certificates } from '../support/certificates.ts'
import { hasRabbitmq, type Rabbitmq, startRabbitmq } from '../support/rabbitmq.ts'
import { runCli } from '../support/run.ts'
import { allScenarios } from './all-scenarios.ts'
import { limits } from './limits.ts'
import { observed } from './observed.ts'
import { finish, run } from './scenarios.ts'

const user = { username: 'joe', password: 'p w' }

describe.skipIf(!hasRabbitmq)('RabbitMQ', () => {
  let rabbitmq: Rabbitmq
  beforeAll(async () => {
    const { ca, server } = await certificates()
    rabbitmq = await startRabbitmq({ password: user, anonymous: true, tls: { ...server, cafile: ca } })
  }, 60_000)
  const start = () => observed(rabbitmq.urls.tcp)

  allScenarios({
    limits: limits.rabbitmq,
    start,
    listeners: async () => rabbitmq.urls,
    user,
    isOpen: true,
    guarded: async () => rabbitmq.urls.tcp,
  })

  it('grants QoS 1 to a subscription at QoS 2', async () => {
    const { url, subscribed } = await start()
    const subscriber = runCli(['sub', '-L', url, '-d', '-t', 't', '-q', '2', '-C', '1'])
    await subscribed('t')
    await run(['pub', '-L', url, '-t', 't', '-q', '1', '-m', 'x'])
    expect(await finish(subscriber)).toMatch(/^Subscribed \(mid: \d+\): 1$/m)
  })

  // It answers PUBACK where [MQTT-4.3.3-1] asks for PUBREC, after which nothing more comes.
  it('delivers a message at QoS 2 as one at QoS 1, which pub says at once', async () => {
    const { url, subscribed } = await start()
    const subscriber = runCli(['sub', '-L', url, '-t', 't', '-q', '2', '-F', '%q %p', '-C', '1'])
    await subscribed('t')
    const publisher = runCli(['pub', '-L', url, '-t', 't', '-q', '2', '-m', 'x'])
    expect(await finish(subscriber)).toBe('1 x\n')
    expect(await publisher.exit).toBe(ExitCode.connectionLost)
    expect(publisher.stderr).toContain('the broker answered a message at QoS 2 with PUBACK')
  })

  it('gives no retained messages to a filter with wildcards', async () => {
    const { url, subscribed } = await start()
    await run(['pub', '-L', url, '-t', 'kept/a', '-r', '-q', '1', '-m', 'old'])
    const subscriber = runCli(['sub', '-L', url, '-t', 'kept/+', '-F', '%r %p', '-C', '1'])
    await subscribed('kept/+')
    await run(['pub', '-L', url, '-t', 'kept/b', '-m', 'live'])
    expect(await finish(subscriber)).toBe('0 live\n')
  })
})
