import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { allChecks } from '../../src/checks/index.ts'
import { checked } from '../checks/checked.ts'
import { startAedes } from '../support/aedes.ts'
import { certificates } from '../support/certificates.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { startFaultyBroker } from '../support/faulty-broker.ts'
import { freePort } from '../support/free-port.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { hasMosquittoClients, mosquittoPub, mosquittoSub } from '../support/mosquitto-clients.ts'
import { runCli } from '../support/run.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'

const names = allChecks.map(({ name }) => name)

describe('check connects', () => {
  it('with MQTT 5, or else the latest version that the broker speaks', async () => {
    for (const [versions, protocol] of [
      [[3, 4, 5], 'MQTT 5'],
      [[3, 4], 'MQTT 3.1.1'],
      [[3], 'MQTT 3.1'],
    ] as const) {
      const { url } = await startFaultyBroker({ versions })
      const outcome = await checked(['-L', url, '--only', 'qos-1'])
      expect([outcome.exit, outcome.protocol, outcome.names('passed')]).toEqual([0, protocol, ['qos-1']])
    }
  })

  it.each([
    { version: '5', versions: [3, 4], code: 1, says: 'connect-5' },
    { version: '311', versions: [5], code: 1, says: 'connect-3.1.1' },
  ] as const)('fails with -V $version when the broker does not speak it', async ({ version, versions, code, says }) => {
    const { url } = await startFaultyBroker({ versions })
    const outcome = await checked(['-L', url, '-V', version])
    expect(outcome.names('failed')).toEqual([says])
    expect(outcome.names('passed')).toEqual(['tcp'])
    expect([outcome.exit, outcome.protocol]).toEqual([code, undefined])
  })

  it('fails when the broker speaks none', async () => {
    const { url } = await startFaultyBroker({ versions: [] })
    const outcome = await checked(['-L', url])
    expect(outcome.names('unsupported')).toEqual(['connect-5', 'connect-3.1.1'])
    expect([outcome.exit, outcome.names('failed')]).toEqual([1, ['connect-3.1']])
  })

  it('with user and password, and exits with the code of a refusal', async () => {
    const authenticate = { username: 'joe', password: 'secret' }
    const { url } = await startFaultyBroker({ authenticate })
    expect((await checked(['-L', url, '-u', 'joe', '-P', 'secret', '--skip', 'message-expiry'])).exit).toBe(0)
    for (const [version, code] of [
      ['5', 134],
      ['311', 4],
    ] as const) {
      const outcome = await checked(['-L', url, '-u', 'joe', '-P', 'wrong', '-V', version])
      expect([outcome.exit, outcome.names('failed')]).toEqual([code, [version === '5' ? 'connect-5' : 'connect-3.1.1']])
      expect(outcome.stderr).toMatch(/refused the connection: bad user name or password/i)
    }
  })

  it.each(['--timeout=200ms', '--connect-timeout=200ms'])(
    'gives up with %s when the broker takes the connection and says nothing',
    async (limit) => {
      const { url } = await startScriptedBroker()
      const outcome = await checked(['-L', url, limit])
      expect([outcome.exit, outcome.names('passed'), outcome.names('failed')]).toEqual([3, ['tcp'], ['connect-5']])
      expect(outcome.row('connect-5').message).toMatch(/no CONNACK within 0\.2 s/)
    },
  )

  it('does not go on when nothing listens there', async () => {
    const outcome = await checked(['-L', `mqtt://127.0.0.1:${await freePort()}`])
    expect([outcome.exit, outcome.names('failed'), outcome.names('passed')]).toEqual([3, ['tcp'], []])
    expect(outcome.names('skipped')).toEqual(
      names.filter((name) => !['name', 'tcp', 'tls', 'websocket'].includes(name)).sort(byPlan),
    )
    expect(outcome.row('qos-1').message).toBe('there is no connection')
    expect(outcome.stderr).toContain('connection refused')
  })

  it('says when a name has no address', async () => {
    const outcome = await checked(['-h', 'no-such-host.invalid', '--timeout', '4s'])
    expect([outcome.exit, outcome.names('failed')]).toEqual([3, ['name']])
  })
})

/** As they come without -V. */
function byPlan(one: string, other: string): number {
  const rank = (name: string) =>
    ({ 'connect-5': 0, 'connect-3.1.1': 1, 'connect-3.1': 2 })[name] ?? 3 + names.indexOf(name)
  return rank(one) - rank(other)
}

describe('check over TLS and WebSocket', () => {
  it('has a check for each step, with what it found', async () => {
    const { ca, server } = await certificates()
    const { ports } = await startFaultyBroker({ websocket: true, tls: { ...server, cafile: ca } })
    const outcome = await checked(['-L', `wss://localhost:${ports.wss}`, '--cafile', ca, '--skip', 'message-expiry'])
    expect([outcome.exit, outcome.names('failed')]).toEqual([0, []])
    expect(outcome.names('passed').slice(0, 5)).toEqual(['name', 'tcp', 'tls', 'websocket', 'connect-5'])
    expect(outcome.row('tls').fields).toMatchObject({
      protocol: 'TLSv1.3',
      chain: 'server < ca',
      names: 'DNS:localhost, DNS:example.org, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
      notAfter: '2049-12-31T00:00:00.000Z',
    })
    expect(outcome.row('name').fields.address).toMatch(/^(127\.0\.0\.1|::1)$/)
  })

  // By WebSocket mosquitto 2.0.11 takes 100 ms for each answer.
  it.skipIf(!hasMosquitto).each([
    ['tls', '311'],
    ['tls', '5'],
    ['ws', '311'],
    ['wss', '5'],
  ] as const)(
    'finds nothing wrong with mosquitto over %s, -V %s',
    async (kind, version) => {
      const { ca, server } = await certificates()
      const { urls } = await startMosquitto({ websocket: true, tls: { ...server, cafile: ca } })
      const trust = kind === 'ws' ? [] : ['--cafile', ca]
      const outcome = await checked(['-L', urls[kind], ...trust, '-V', version])
      expect([outcome.exit, outcome.names('failed'), outcome.names('unsupported')]).toEqual([0, [], []])
    },
    60_000,
  )

  it.each([
    ['expired', 'has expired'],
    ['wrongHost', 'is for another host'],
    ['selfSigned', 'is self-signed'],
  ] as const)('fails at TLS when the certificate is %s', async (kind, says) => {
    const all = await certificates()
    const { urls } = await startAedes({ tls: { ...all[kind], cafile: all.ca } })
    const outcome = await checked(['-L', urls.tls, '--cafile', all.ca])
    expect([outcome.exit, outcome.names('failed')]).toEqual([8, ['tls']])
    expect(outcome.row('tls').message).toContain(says)
    expect(outcome.row('websocket')).toBeUndefined()
  })

  it('fails at the WebSocket where there is none', async () => {
    const { ports } = await startFaultyBroker()
    const outcome = await checked(['-L', `ws://127.0.0.1:${ports.tcp}`, '--timeout', '1s'])
    expect([outcome.exit, outcome.names('failed')]).toEqual([3, ['websocket']])
  })
})

describe('check judges', () => {
  it('what a broker of MQTT 5 says that it lacks as unsupported', async () => {
    const { url } = await startFaultyBroker({
      limits: {
        maximumQoS: 1,
        retainAvailable: false,
        maximumPacketSize: 100_000,
        topicAliasMaximum: 0,
        wildcardAvailable: false,
        sharedAvailable: false,
        subscriptionIdentifiersAvailable: false,
      },
    })
    const lacking = [
      ...['qos-2', 'large-payload', 'shared-subscription', 'wildcard-plus', 'wildcard-hash', 'wildcard-sys'],
      ...['retained', 'retained-live', 'retain-as-published', 'topic-alias', 'subscription-identifier'],
    ]
    const outcome = await checked(['-L', url])
    expect([outcome.exit, outcome.names('failed')]).toEqual([0, []])
    expect(outcome.names('unsupported')).toEqual(lacking)
    expect(outcome.row('limits').fields).toMatchObject({
      maximumQoS: 1,
      retainAvailable: false,
      maximumPacketSize: 100_000,
    })
    expect(outcome.row('retained-cleared').message).toBe('needs retained, which is unsupported')
  })

  it('what is unsupported or left out as failed with --require', async () => {
    const { url } = await startFaultyBroker({ limits: { retainAvailable: false } })
    const args = ['--only', 'qos-1', '--require', 'retained,no-local', '--require', 'retained-cleared']
    const newer = await checked(['-L', url, ...args])
    expect([newer.exit, newer.names('failed')]).toEqual([6, ['retained', 'retained-cleared']])
    expect(newer.row('retained').message).toBe('required, but unsupported: the broker keeps no retained messages')
    expect(newer.stderr).toBe('tmqtt check: 2 of 4 checks failed: retained, retained-cleared\n')
    const older = await checked(['-L', url, '-V', '311', '--only', 'qos-1', '--require', 'no-local'])
    expect([older.exit, older.names('passed'), older.names('failed')]).toEqual([6, ['qos-1'], ['no-local']])
    expect(older.row('no-local').message).toBe('required, but skipped: of MQTT 5, and -V asks for MQTT 3.1.1')
  })

  it('round trips by --warn and --crit', async () => {
    // It holds all but the first two messages on a topic back for 50 ms.
    const { url } = await startFaultyBroker({ fault: 'reorders' })
    const args = ['-L', url, '--only', 'qos-0']
    const slow = await checked([...args, '--crit', '20ms'])
    expect([slow.exit, slow.names('failed')]).toEqual([6, ['qos-0']])
    expect(slow.row('qos-0').message).toMatch(/^a round trip took \d+(\.\d+)? ms \(--crit 20 ms\)$/)
    const noted = await checked([...args, '--crit', '1h', '--warn', '20ms'])
    expect([noted.exit, noted.names('passed')]).toEqual([0, ['qos-0']])
    expect(noted.row('qos-0').warnings).toEqual([expect.stringMatching(/^a round trip took .* \(--warn 20 ms\)$/)])
    const fine = await checked([...args, '--crit', '1h', '--warn', '1h'])
    expect([fine.exit, fine.row('qos-0').warnings]).toEqual([0, []])
  })

  it('only what --only and --skip leave', async () => {
    const { url } = await startFaultyBroker()
    const outcome = await checked(['-L', url, '--only', 'qos-0,qos-1', '--only', 'will', '--skip', 'qos-0'])
    expect(outcome.rows.map(({ name }) => name)).toEqual(['qos-1', 'will'])
  })

  it('no messages of others', async () => {
    const { url, port } = await startFaultyBroker()
    const noise = runCli([
      'pub',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-t',
      'others',
      '-m',
      'x',
      '--repeat',
      '1000000',
      '--repeat-delay',
      '0.001',
    ])
    const outcome = await checked(['-L', url, '--skip', 'message-expiry'])
    expect([outcome.exit, outcome.names('failed')]).toEqual([0, []])
    await noise.stop()
  })
})

describe('check leaves a broker as it was', () => {
  it.skipIf(!hasMosquitto || !hasMosquittoClients)(
    'clears what it has retained and leaves the rest alone',
    async () => {
      const { ports, urls } = await startMosquitto()
      const at = ['-h', '127.0.0.1', '-p', String(ports.tcp)]
      await mosquittoPub([...at, '-t', 'mine', '-r', '-m', 'kept', '-q', '1']).exited
      for (const version of ['31', '311', '5']) {
        // What has to come before it expires comes too late on a machine that is busy.
        const { exit, names } = await checked(['-L', urls.tcp, '-V', version, '--skip', 'message-expiry'])
        expect([exit, names('failed')]).toEqual([0, []])
      }
      expect(await retainedAt(at)).toEqual(['mine'])
    },
  )

  it.skipIf(!hasMosquittoClients)('also when it is interrupted', async () => {
    const { port, url, waitForLog } = await startFaultyBroker({ fault: 'ignores message expiry' })
    const cli = runCli(['check', '-L', url, '--only', 'message-expiry', '--timeout', '60s'])
    await waitForLog(/ tmqtt-check\/\w+\/message-expiry\/long\n/)
    cli.abort('SIGINT')
    expect(await cli.exit).toBe(130)
    expect(cli.stdout.toString()).toMatch(/message-expiry +skipped: interrupted\n.*interrupted\n$/)
    expect(await retainedAt(['-h', '127.0.0.1', '-p', String(port)])).toEqual([])
  })

  it('says at an interruption what was done so far', async () => {
    const broker = await startFaultyBroker({ fault: 'no will' })
    const cli = runCli(['check', '-L', broker.url, '--timeout', '60s', '--skip', 'message-expiry'])
    await broker.waitForLog(/: \S+ 1 tmqtt-check\/\w+\/will\/t/)
    cli.abort('SIGINT')
    expect(await cli.exit).toBe(130)
    expect(cli.stdout.toString()).toMatch(
      /✓ session-clean.*\n– will +skipped: interrupted\n– will-disconnect +skipped: interrupted\n/,
    )
    expect(cli.stderr).toBe('tmqtt check: interrupted\n')
    expect([...broker.retained.keys()]).toEqual(['$SYS/broker/version'])
    expect(broker.sessions).toEqual([])
  })

  it('publishes nothing outside its prefix', async () => {
    const broker = await startFaultyBroker()
    expect((await checked(['-L', broker.url, '--prefix', 'ci/7', '--skip', 'message-expiry'])).exit).toBe(0)
    expect(broker.published.length).toBeGreaterThan(100)
    expect(broker.published.filter(({ topic }) => !/^ci\/7\/[0-9a-f]{8}\//.test(topic))).toEqual([])
  })

  it('says what it could not remove', async () => {
    const broker = await startFaultyBroker()
    const cli = runCli(['check', '-L', broker.url, '--only', 'message-expiry'])
    await broker.waitForLog(/ tmqtt-check\/\w+\/message-expiry\/long\n/)
    await broker.stop()
    expect(await cli.exit).toBe(6)
    const topics = ['short', 'long'].map((name) => `\\S+/message-expiry/${name}`)
    const lines = topics.map((topic) => `tmqtt check: could not clear the retained message on ${topic}\n`)
    expect(cli.stderr).toMatch(new RegExp(`^${lines.join('')}tmqtt check: 1 of 1 checks failed: message-expiry\n$`))
  })
})

describe('check --wait', () => {
  it('tries again until the broker is up', async () => {
    const port = await freePort()
    const cli = runCli(['check', '-L', `mqtt://127.0.0.1:${port}`, '--wait', '30s', '--only', 'connect-3.1.1'])
    await cli.waitForStderr(/waiting for the broker: cannot reach 127\.0\.0\.1:\d+: connection refused/)
    const { broker } = await startAedes()
    const server = createServer(broker.handle).listen(port, '127.0.0.1')
    atEndOfTest(() => server.close())
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toContain('✓ connect-3.1.1')
  })

  it('exits as the connection does when it never comes, with the report', async () => {
    const outcome = await checked(['-L', `mqtt://127.0.0.1:${await freePort()}`, '--wait', '600ms'])
    expect([outcome.exit, outcome.names('failed')]).toEqual([3, ['tcp']])
    expect(outcome.stderr.match(/waiting for the broker/g)).toHaveLength(1)
  })

  it('does not try again where that does not help', async () => {
    const { url } = await startFaultyBroker({ authenticate: { username: 'joe', password: 'secret' } })
    const refused = await checked(['-L', url, '-u', 'joe', '-P', 'wrong', '--wait', '1h'])
    expect([refused.exit, refused.names('failed')]).toEqual([134, ['connect-5']])
    const { ca, expired } = await certificates()
    const { urls } = await startAedes({ tls: { ...expired, cafile: ca } })
    const untrusted = await checked(['-L', urls.tls, '--cafile', ca, '--wait', '1h'])
    expect([untrusted.exit, untrusted.names('failed')]).toEqual([8, ['tls']])
  })

  it('ends when it is interrupted', async () => {
    const cli = runCli(['check', '-L', `mqtt://127.0.0.1:${await freePort()}`, '--wait', '1h'])
    await cli.waitForStderr('waiting for the broker')
    cli.abort('SIGINT')
    expect(await cli.exit).toBe(130)
  })
})

describe('check prints', () => {
  it.each([
    ['junit', /^<\?xml .*<testcase [^>]*name="qos-1"[^>]*><failure message="no PUBACK within 0\.5 s">/s],
    ['tap', /^TAP version 14\n1\.\.2\nok 1 .*\nnot ok 2 - tmqtt check: qos-1\n/],
    [
      'prometheus',
      /^tmqtt_check_success\{broker="mqtt:\/\/127\.0\.0\.1:\d+"\} 0$.*check="qos-1",status="failed"\} 1$/ms,
    ],
    ['text', /^✓ qos-0 .*\n✗ qos-1 .* no PUBACK within 0\.5 s \[MQTT-4\.3\.2-4\]\n.*: 1 passed, 1 failed in /],
  ])('--format %s', async (format, shows) => {
    const { url } = await startFaultyBroker({ fault: 'drops PUBACK' })
    const cli = runCli(['check', '-L', url, '--only', 'qos-0,qos-1', '--timeout', '500ms', '--format', format])
    expect(await cli.exit).toBe(6)
    expect(cli.stdout.toString()).toMatch(shows)
    expect(cli.stderr).toBe('tmqtt check: 1 of 2 checks failed: qos-1\n')
  })

  it.each(['json', 'junit', 'tap', 'prometheus', 'text'])(
    '--format %s also when there is no connection',
    async (format) => {
      const cli = runCli(['check', '-L', `mqtt://127.0.0.1:${await freePort()}`, '--format', format])
      expect(await cli.exit).toBe(3)
      expect(cli.stdout.toString()).toMatch(/connection refused|check="tcp",status="failed"/)
    },
  )

  it('colour on a terminal only, unless --color says otherwise', async () => {
    const { url } = await startFaultyBroker()
    const argv = ['check', '-L', url, '--only', 'qos-0']
    const [terminal, plain] = [
      runCli(argv, { stdoutIsTTY: true }),
      runCli(argv, { stdoutIsTTY: true, env: { NO_COLOR: '1' } }),
    ]
    const forced = runCli([...argv, '--color', 'always'])
    await Promise.all([terminal.exit, plain.exit, forced.exit])
    expect(terminal.stdout.toString()).toMatch(/^\x1b\[32m✓\x1b\[39m qos-0/)
    expect(plain.stdout.toString()).toMatch(/^✓ qos-0/)
    expect(forced.stdout.toString()).toMatch(/^\x1b\[32m✓\x1b\[39m qos-0/)
  })

  it('no escape sequences of the broker', async () => {
    const server = await startScriptedBroker()
    const cli = runCli(['check', '-L', server.url, '-V', '5'])
    const peer = await server.connection()
    await peer.accept({ reasonCode: 0x87, properties: [0x1f, 0, 4, ...Buffer.from('\x1b[2J')] })
    expect(await cli.exit).toBe(135)
    expect(cli.stdout.toString()).toContain('\\e[2J')
    expect(cli.stdout.toString() + cli.stderr).not.toContain('\x1b')
  })

  it('nothing more to a reader that has gone, and still cleans up', async () => {
    const broker = await startFaultyBroker()
    const cli = runCli(['check', '-L', broker.url, '--skip', 'message-expiry'])
    cli.closeStdout()
    expect(await cli.exit).toBe(0)
    expect([...broker.retained.keys()]).toEqual(['$SYS/broker/version'])
  })

  it('the list of checks with --list', async () => {
    const cli = runCli(['check', '--list'])
    expect(await cli.exit).toBe(0)
    const lines = cli.stdout.toString().trimEnd().split('\n')
    expect(lines.map((line) => line.split(' ')[0])).toEqual(names)
    expect(lines).toContain(
      'no-local                a client that does not want its own messages gets those of others [MQTT-3.8.3-3]',
    )
  })
})

describe('check', () => {
  it.each<[says: string, argv: string[]]>([
    ["--only: no check 'qos-3'; did you mean qos-0?", ['--only', 'qos-1,qos-3']],
    ["--skip: no check 'everything'; the checks are name, tcp,", ['--skip', 'everything']],
    ['--require and --skip both name will', ['--require', 'will', '--skip', 'qos-1,will']],
    ['--prefix: topics that begin with $ belong to the broker', ['--prefix', '$SYS/x']],
    ['--prefix: expected a topic name', ['--prefix', 'a/#']],
    ['--format: expected text, json, tap, junit or prometheus', ['--format', 'xml']],
    ['--timeout: expected a time', ['--timeout', '0']],
  ])('exits with 1 and says %s', async (says, argv) => {
    const cli = runCli(['check', ...argv])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toContain(says)
  })

  it('publishes no will and keeps no session that a profile asks for', async () => {
    const broker = await startFaultyBroker()
    const args = ['--will-topic', 'mine', '-c', '-i', 'me', '--only', 'qos-1,session-clean']
    expect((await checked(['-L', broker.url, ...args])).exit).toBe(0)
    expect(broker.published.filter(({ topic }) => topic === 'mine')).toEqual([])
    expect(broker.sessions).toEqual([])
  })
})

/** Topics of all retained messages, read by mosquitto_sub up to one of our own. */
async function retainedAt(at: readonly string[]): Promise<readonly string[]> {
  await mosquittoPub([...at, '-t', 'zzz', '-r', '-m', 'last', '-q', '1']).exited
  const subscriber = mosquittoSub([...at, '-t', '#', '--retained-only', '-v', '-W', '1'])
  await subscriber.exited
  await mosquittoPub([...at, '-t', 'zzz', '-r', '-n', '-q', '1']).exited
  const topics = subscriber.stdout.toString().trimEnd().split('\n')
  return topics.map((line) => line.split(' ')[0]!).filter((topic) => topic !== 'zzz')
}
