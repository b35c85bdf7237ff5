import { describe, expect, it } from 'vitest'
import { startAedes } from '../support/aedes.ts'
import { certificates } from '../support/certificates.ts'
import { runCli } from '../support/run.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { allScenarios } from './all-scenarios.ts'
import { knownAedes } from './known-broker.ts'
import { limits } from './limits.ts'
import { carriesEveryQos, run } from './scenarios.ts'

const user = { username: 'joe', password: 'p w' }

describe('aedes', () => {
  allScenarios({
    limits: limits.aedes,
    start: knownAedes,
    listeners: async () => {
      const { ca, server } = await certificates()
      return (await startAedes({ tls: { ...server, cafile: ca }, websocket: true })).urls
    },
    user,
    guarded: async () => (await startAedes({ password: user })).urls.tcp,
  })

  it('is reached over TLS with a client certificate', async () => {
    const { ca, server, client } = await certificates()
    const { urls } = await startAedes({ tls: { ...server, cafile: ca, requireClientCertificate: true } })
    const identity = ['--cert', client.certfile, '--key', client.encryptedKeyfile, '--key-password', client.password]
    await carriesEveryQos(['-L', urls.tls, '--cafile', ca, ...identity])
  })
})

describe('tmqtt broker', () => {
  it('carries messages at QoS 0, 1 and 2, over TCP and over WebSocket', async () => {
    const urls = await startBroker([])
    for (const url of urls) await carriesEveryQos(['-L', url])
  })

  it('lets only the user in that it was given', async () => {
    const passwordFile = temporaryDirectory().write('password', 'p w\n')
    const urls = await startBroker(['-u', 'joe'], { TMQTT_PASSWORD: 'p w' })
    const allowed = ['pub', '-L', urls[0]!, '-t', 't', '-m', 'x', '-q', '1', '-u', 'joe']
    await run([...allowed, '--password-file', passwordFile])
    const refused = runCli([...allowed, '-P', 'wrong'])
    expect(await refused.exit).toBe(4)
    const anonymous = runCli(['pub', '-L', urls[0]!, '-t', 't', '-m', 'x'])
    expect(await anonymous.exit).toBe(4)
  })

  it('keeps retained messages and the messages of a persistent session while it runs', async () => {
    const urls = await startBroker([])
    const at = ['-L', urls[0]!]
    await run(['pub', ...at, '-t', 'kept', '-r', '-q', '1', '-m', 'retained'])
    const session = ['sub', ...at, '-t', 'kept', '-i', 'keeper', '-c', '-q', '1', '-F', '%r %p', '-C', '1']
    expect(await run(session)).toBe('1 retained\n')
    await run(['pub', ...at, '-t', 'kept', '-q', '1', '-m', 'missed'])
    expect(await run([...session, '-R'])).toBe('0 missed\n')
  })
})

/** @returns its URLs. */
async function startBroker(args: readonly string[], env = {}): Promise<readonly string[]> {
  const broker = spawnTmqtt(['broker', '-p', '0', '--ws-port', '0', ...args], { env })
  return [await broker.nextLine(), await broker.nextLine()]
}
