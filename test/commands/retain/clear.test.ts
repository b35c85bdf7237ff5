import { existsSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startAedes } from '../../support/aedes.ts'
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { type RunOptions, runCli } from '../../support/run.ts'
import { startScriptedBroker } from '../../support/scripted-peer.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { startRetainingBroker } from './retaining-broker.ts'

function start(url: string, args: readonly string[] = [], options?: RunOptions) {
  return runCli(['retain-clear', '-L', url, '-t', '#', '--settle', '200ms', ...args], options)
}

async function clear(url: string, args: readonly string[] = [], options?: RunOptions) {
  const cli = start(url, args, options)
  return { exit: await cli.exit, stdout: cli.stdout.toString(), stderr: cli.stderr }
}

async function publish(url: string, lines: readonly object[]): Promise<void> {
  const stdin = lines.map((line) => JSON.stringify({ retain: true, ...line })).join('\n')
  expect(await runCli(['pub', '-L', url, '-q', '1', '-V', '5', '--json'], { stdin }).exit).toBe(0)
}

/** What a broker keeps, sorted, without what differs from one delivery to the other. */
async function kept(url: string): Promise<readonly string[]> {
  const cli = runCli(['retain', 'list', '-L', url, '--settle', '200ms', '--json'])
  expect(await cli.exit).toBe(0)
  const lines = cli.stdout.toString().split('\n').slice(0, -1)
  return lines.map((line) => JSON.stringify({ ...JSON.parse(line), mid: 0, time: 0 })).sort()
}

const none = (count: number) => ({ length: count })
const manyTopics = (count: number) => Object.fromEntries(Array.from(none(count), (_, at) => [`t/${at}`, 'x']))

describe('retain-clear', () => {
  it('clears what the filters find, prints the topics, and leaves others alone', async () => {
    const broker = await startRetainingBroker({ 'a/1': 'x', 'a/2': 'y', b: 'z', $SYS: '1' })
    const cli = runCli(['retain-clear', '-L', broker.url, '-t', 'a/#', '-t', 'a/2', '--settle', '200ms'])
    expect([await cli.exit, cli.stdout.toString(), cli.stderr]).toEqual([0, 'a/1\na/2\n', ''])
    expect([...broker.store.keys()]).toEqual(['b', '$SYS'])
    expect(broker.log.filter((line) => line.startsWith('PUBLISH'))).toEqual(['PUBLISH a/1', 'PUBLISH a/2'])
  })

  it('clears no topic with $ unless a filter names it', async () => {
    const broker = await startRetainingBroker({ a: 'x', '$SYS/x': '1' })
    expect(await clear(broker.url)).toEqual({ exit: 0, stdout: 'a\n', stderr: '' })
    expect([...broker.store.keys()]).toEqual(['$SYS/x'])
    expect(await clear(broker.url, ['-t', '$SYS/#'])).toEqual({ exit: 0, stdout: '$SYS/x\n', stderr: '' })
  })

  it('takes filters from the command line alone', async () => {
    const broker = await startRetainingBroker({ a: 'x', b: 'x' })
    const config = temporaryDirectory().write(
      'config.json',
      JSON.stringify({ profile: 'p', profiles: { p: { topic: ['a'] } } }),
    )
    const options = { env: { TMQTT_TOPIC: 'a' } }
    const without = runCli(['retain-clear', '-L', `${broker.url}/a`, '--config', config], options)
    expect([await without.exit, without.stderr]).toEqual([1, expect.stringContaining('nothing to clear: name a topic')])
    const args = ['-L', `${broker.url}/a`, '--config', config, '-t', 'b', '--settle', '200ms']
    const cli = runCli(['retain-clear', ...args], options)
    expect([await cli.exit, cli.stdout.toString(), [...broker.store.keys()]]).toEqual([0, 'b\n', ['a']])
  })

  it('says on stderr when there is nothing', async () => {
    const broker = await startRetainingBroker({})
    const stderr = 'tmqtt retain-clear: no retained messages to clear\n'
    for (const args of [[], ['--dry-run'], ['--backup', temporaryDirectory().file('b')]])
      expect(await clear(broker.url, args)).toEqual({ exit: 0, stdout: '', stderr })
  })

  it.each([0, 1, 2])('publishes empty retained messages at QoS %d with -q', async (qos) => {
    const server = await startScriptedBroker()
    const cli = start(server.url, ['-q', String(qos), '-V', '311'])
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.publish({ topic: 'a', payload: 'x', retain: true })
    await peer.acceptUnsubscribe(0)
    const { flags, body } = await peer.packet('PUBLISH')
    expect([flags, body.subarray(0, 3)]).toEqual([(qos << 1) | 1, Buffer.from('\0\x01a')])
    expect(body.length).toBe(qos === 0 ? 3 : 5)
    await cli.stop()
  })

  it('clears with --match where all match, and with --not-match where none does', async () => {
    const topics = { 'dev/1/state': 'x', 'dev/22/state': 'x', 'dev/3/name': 'x', 'dev/4/state': 'x' }
    const broker = await startRetainingBroker(topics)
    const args = ['--match', '^dev/[0-9]+/', '--match', 'state$', '--not-match', '22', '--not-match', '/4/']
    expect((await clear(broker.url, args)).stdout).toBe('dev/1/state\n')
    expect([...broker.store.keys()]).toEqual(['dev/22/state', 'dev/3/name', 'dev/4/state'])
  })

  it('clears with --dry-run nothing, and prints what it would', async () => {
    const broker = await startRetainingBroker(manyTopics(200))
    const { exit, stdout, stderr } = await clear(broker.url, ['--dry-run'])
    expect([exit, stdout.split('\n').length, stderr]).toEqual([0, 201, ''])
    const { stdout: json } = await clear(broker.url, ['--dry-run', '--json', '--match', '/7$'])
    expect(JSON.parse(json)).toMatchObject({ topic: 't/7', payload: 'x', retain: true })
    expect(broker.store.size).toBe(200)
    expect(broker.log.some((line) => line.startsWith('PUBLISH'))).toBe(false)
  })

  it('clears with --older-than what is older by --time-field, and keeps what says no time', async () => {
    const now = Date.now()
    const broker = await startRetainingBroker({
      old: JSON.stringify({ meta: { ts: (now - 3_700_000) / 1000 } }),
      oldIso: JSON.stringify({ meta: { ts: new Date(now - 3_700_000).toISOString() } }),
      young: JSON.stringify({ meta: { ts: now - 3_500_000 } }),
      without: '{}',
      noJson: 'text',
    })
    expect(await clear(broker.url, ['--older-than', '1h', '--time-field', 'meta.ts'])).toEqual({
      exit: 0,
      stdout: 'old\noldIso\n',
      stderr: 'tmqtt retain-clear: 2 messages without a time that can be read kept\n',
    })
    expect([...broker.store.keys()]).toEqual(['young', 'without', 'noJson'])
  })

  it('refuses to clear more than --limit where nobody can be asked, unless with --yes', async () => {
    const broker = await startRetainingBroker(manyTopics(101))
    const backup = temporaryDirectory().file('backup')
    expect(await clear(broker.url, ['--backup', backup])).toEqual({
      exit: 1,
      stdout: '',
      stderr:
        'tmqtt retain-clear: this would clear 101 messages, more than the 100 of --limit: --yes clears them, --dry-run prints them (tmqtt retain-clear --help)\n',
    })
    expect([broker.store.size, existsSync(backup)]).toEqual([101, false])
    expect(await clear(broker.url, ['--limit', '5', '--match', '^t/1.$'])).toMatchObject({ exit: 1 })
    expect(await clear(broker.url, ['--limit', '10', '--match', '^t/1.$'])).toMatchObject({ exit: 0 })
    expect(broker.store.size).toBe(91)
    expect(await clear(broker.url, ['--limit', '0', '--yes'])).toMatchObject({ exit: 0, stderr: '' })
    expect(broker.store.size).toBe(0)
  })

  it('prints with --json the messages that it has cleared, and leaves no file', async () => {
    const broker = await startRetainingBroker({ a: 'x\n', b: 'y' })
    const directory = temporaryDirectory()
    const { exit, stdout } = await clear(broker.url, ['--json'])
    expect(exit).toBe(0)
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toMatchObject([
      { topic: 'a', payload: 'x\n', retain: true },
      { topic: 'b', payload: 'y', retain: true },
    ])
    expect(existsSync(directory.file('backup'))).toBe(false)
  })

  it('writes the backup before it clears anything, for this user alone', async () => {
    const path = temporaryDirectory().file('backup.json')
    const seen: string[] = []
    const broker = await startRetainingBroker(
      { a: 'x', b: 'y' },
      {
        published: ({ topic, packetId }, { store, acknowledge }) => {
          seen.push(readFileSync(path, 'utf8'))
          store.delete(topic)
          acknowledge({ packetId } as never)
        },
      },
    )
    expect(await clear(broker.url, ['--backup', path])).toEqual({ exit: 0, stdout: 'a\nb\n', stderr: '' })
    const whole = readFileSync(path, 'utf8')
    expect(seen).toEqual([whole, whole])
    expect(
      whole
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).topic),
    ).toEqual(['a', 'b'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it.each<[what: string, path: (directory: ReturnType<typeof temporaryDirectory>) => string, says: string]>([
    ['is there', (directory) => directory.write('old', 'old'), 'is there already, and is not overwritten'],
    ['is in no directory', (directory) => directory.file('no/backup'), 'no such directory'],
  ])('clears nothing where the backup %s', async (_what, pathIn, says) => {
    const broker = await startRetainingBroker({ a: 'x' })
    const path = pathIn(temporaryDirectory())
    expect(await clear(broker.url, ['--backup', path])).toEqual({
      exit: 1,
      stdout: '',
      stderr: `tmqtt retain-clear: --backup ${path}: ${says}\n`,
    })
    expect(broker.store.size).toBe(1)
  })

  it('removes an incomplete backup, and clears nothing, when the connection is lost', async () => {
    const path = temporaryDirectory().file('backup')
    let times = 0
    const broker = await startRetainingBroker(
      { a: 'x', b: 'y' },
      {
        subscribed: (filters, { peer, sendRetained }) => {
          sendRetained(times === 0 ? filters : ['a'])
          if (times++ > 0) peer.end()
        },
      },
    )
    expect(await clear(broker.url, ['--backup', path, '--reconnect', 'never'])).toMatchObject({ exit: 7, stdout: '' })
    expect([existsSync(path), broker.store.size]).toEqual([false, 2])
  })

  it('reports with exit status 6 what the broker rejects', async () => {
    const broker = await startRetainingBroker(
      { a: 'x', b: 'y' },
      {
        published: (message, { store, acknowledge }) => {
          if (message.topic === 'b') store.delete('b')
          acknowledge(message, message.topic === 'a' ? 135 : 0)
        },
      },
    )
    const { exit, stdout, stderr } = await clear(broker.url)
    expect([exit, stdout]).toEqual([6, 'b\n'])
    expect(stderr).toMatch(
      /^tmqtt retain-clear: a: the broker rejected it: Not authorized \(135\).*\ntmqtt retain-clear: 1 of 2 messages not cleared\n$/,
    )
  })

  it('reports with exit status 6 what was published anew meanwhile', async () => {
    const broker = await startRetainingBroker(
      { a: 'x', b: 'y' },
      {
        published: (message, { store, acknowledge }) => {
          store.delete(message.topic)
          if (message.topic === 'a') store.set('a', 'new')
          acknowledge(message)
        },
      },
    )
    const stderr = 'tmqtt retain-clear: a: published anew meanwhile\ntmqtt retain-clear: 1 of 2 messages not cleared\n'
    expect(await clear(broker.url)).toEqual({ exit: 6, stdout: 'b\n', stderr })
  })

  it('names the first ten that are still there, and counts the others; --json prints none of them', async () => {
    const broker = await startRetainingBroker(manyTopics(15), {
      published: (message, { store, acknowledge }) => {
        if (message.topic === 't/3') store.delete(message.topic)
        acknowledge(message)
      },
    })
    const { exit, stdout, stderr } = await clear(broker.url, ['-V', '311', '--json'])
    expect([exit, JSON.parse(stdout).topic]).toEqual([6, 't/3'])
    const lines = stderr.trimEnd().split('\n')
    expect(lines[0]).toBe('tmqtt retain-clear: t/0: still there; the broker may not let you publish to it')
    expect(lines.slice(10)).toEqual([
      'tmqtt retain-clear: … and 4 more',
      'tmqtt retain-clear: 14 of 15 messages not cleared',
    ])
  })

  it('says when there are more by now', async () => {
    const broker = await startRetainingBroker(
      { a: 'x' },
      {
        published: (message, { store, acknowledge }) => {
          store.delete(message.topic)
          store.set('new', 'x')
          acknowledge(message)
        },
      },
    )
    const stderr = 'tmqtt retain-clear: 1 message more by now; run it again to clear them too\n'
    expect(await clear(broker.url)).toEqual({ exit: 0, stdout: 'a\n', stderr })
  })

  it('exits with 7 when no acknowledgement comes, and says how many were cleared', async () => {
    const broker = await startRetainingBroker(
      { a: 'x', b: 'y' },
      {
        published: (message, { acknowledge }) => {
          if (message.topic === 'a') acknowledge(message)
        },
      },
    )
    const { exit, stderr } = await clear(broker.url, ['--ack-timeout', '300ms'])
    expect(exit).toBe(7)
    expect(stderr).toMatch(/1 message is unacknowledged.*\(--ack-timeout\); 1 of 2 messages cleared\n$/)
  })

  it('goes on when the connection is lost at a message that the broker rejects', async () => {
    let isCut = false
    const broker = await startRetainingBroker(
      { a: 'x', b: 'y' },
      {
        published: (message, { store, acknowledge, peer }) => {
          if (isCut) store.delete(message.topic)
          if (isCut || message.topic === 'a') acknowledge(message, isCut ? 0 : 135)
          if (!isCut) peer.end()
          isCut = true
        },
      },
    )
    const { exit, stdout, stderr } = await clear(broker.url, ['--reconnect-delay', '1ms'])
    expect([exit, stdout]).toEqual([6, 'b\n'])
    expect(stderr).toContain('tmqtt retain-clear: a: the broker rejected it: Not authorized (135)')
  })

  it('exits with 154 at a broker that keeps no retained messages', async () => {
    const server = await startScriptedBroker()
    const cli = start(server.url)
    const peer = await server.connection()
    await peer.accept({ properties: [0x25, 0] })
    await peer.acceptSubscribe(0)
    peer.publish({ topic: 'a', payload: 'x', retain: true })
    await peer.acceptUnsubscribe(0)
    expect(await cli.exit).toBe(154)
    expect(cli.stderr).toContain('Retain not supported (154); 0 of 1 message cleared')
  })

  it.each<[when: string, acknowledges: boolean, stdout: string, says: string]>([
    ['acknowledges what is under way', true, 'a\n', '1 of 1 message cleared'],
    ['does not', false, '', '0 of 1 message cleared'],
  ])('at Ctrl-C, when the broker %s, says how many were cleared', async (_when, acknowledges, stdout, says) => {
    let arrived: () => void = () => {}
    const publishing = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const broker = await startRetainingBroker(
      { a: 'x' },
      {
        published: (message, { acknowledge }) => {
          cli.abort('SIGINT')
          if (acknowledges) setImmediate(() => acknowledge(message))
          arrived()
        },
      },
    )
    const cli = start(broker.url)
    await publishing
    expect(await cli.exit).toBe(130)
    expect([cli.stdout.toString(), cli.stderr]).toEqual([stdout, `tmqtt retain-clear: interrupted; ${says}\n`])
  })

  it('prints what it has cleared when it is interrupted while it looks anew', async () => {
    let times = 0
    const broker = await startRetainingBroker(
      { a: 'x' },
      {
        subscribed: (filters, { sendRetained }) => {
          if (times++ > 0) cli.abort('SIGTERM')
          else sendRetained(filters)
        },
      },
    )
    const cli = start(broker.url)
    expect(await cli.exit).toBe(143)
    expect([cli.stdout.toString(), cli.stderr]).toEqual([
      'a\n',
      'tmqtt retain-clear: interrupted; 1 of 1 message cleared\n',
    ])
  })

  it('prints topics with control characters visible on a terminal', async () => {
    const broker = await startRetainingBroker({ 'a\x1b[2J': '\x9b' })
    expect((await clear(broker.url, ['--dry-run'], { stdoutIsTTY: true })).stdout).toBe('a\\e[2J\n')
    const json = await clear(broker.url, ['--dry-run', '--json'], { stdoutIsTTY: true })
    expect(json.stdout).toMatch(/^[^\p{Cc}]*\n$/u)
  })

  it.each<[says: string, args: string[]]>([
    ["nothing to clear: name a topic filter by -t, such as -t 'home/#'", []],
    ['--older-than needs --time-property or --time-field', ['-t', 'a', '--older-than', '1d']],
    ['--time-field needs --older-than', ['-t', 'a', '--time-field', 'ts']],
    ['--time-property needs --older-than', ['-t', 'a', '--time-property', 'ts']],
    [
      "--time-property and --time-field can't be used together",
      ['-t', 'a', '--older-than', '1d', '--time-property', 'ts', '--time-field', 'ts'],
    ],
    ['--older-than: expected a time', ['-t', 'a', '--older-than', 'soon', '--time-field', 'ts']],
    ['--time-property needs MQTT 5', ['-t', 'a', '--older-than', '1d', '--time-property', 'ts', '-V', '311']],
    ["--dry-run and --backup can't be used together", ['-t', 'a', '--dry-run', '--backup', 'x']],
    ['--match: "(" is no regular expression: missing closing ): `(`', ['-t', 'a', '--match', '(']],
    ['--not-match: "(?=a)" is no regular expression', ['-t', 'a', '--not-match', '(?=a)']],
    ['--limit: expected a whole number', ['-t', 'a', '--limit', '-1']],
    ['--settle: expected a time', ['-t', 'a', '--settle', '0']],
  ])('exits with 1 and says %s', async (says, args) => {
    const cli = runCli(['retain-clear', ...args])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toMatch(/^tmqtt retain-clear: [^\n]+\n$/)
    expect(cli.stderr).toContain(says)
  })

  it('works at the embedded broker, which speaks MQTT 3.1.1', async () => {
    const { urls, broker } = await startAedes()
    for (const topic of ['a', 'b/c']) {
      expect(await runCli(['pub', '-L', urls.tcp, '-r', '-q', '1', '-t', topic, '-m', 'x']).exit).toBe(0)
    }
    expect(await clear(urls.tcp)).toEqual({ exit: 0, stdout: 'a\nb/c\n', stderr: '' })
    expect(await kept(urls.tcp)).toEqual([])
    expect(broker.connectedClients).toBe(0)
  })

  describe.skipIf(!hasMosquitto)('at mosquitto', () => {
    it('makes a backup that pub --json puts back exactly', async () => {
      const { urls } = await startMosquitto()
      const properties = {
        payloadFormatIndicator: 1,
        contentType: 'text/plain',
        responseTopic: 'answers',
        correlationData: 'AAH/',
        userProperties: [
          ['n', '1'],
          ['n', '2'],
        ],
      }
      await publish(urls.tcp, [
        { topic: 'a/binary', payload: '/wABCg==', encoding: 'base64', qos: 2 },
        { topic: 'a/é 😀', payload: 'text\n"quoted"', qos: 0, properties },
        { topic: 'a/large', payload: 'x'.repeat(300_000), qos: 1 },
        { topic: 'a/blank', payload: ' ', qos: 1 },
      ])
      const before = await kept(urls.tcp)
      expect(before).toHaveLength(4)
      for (const restore of [['--retain'], []]) {
        const path = temporaryDirectory().file('backup')
        expect(await clear(urls.tcp, ['--backup', path])).toMatchObject({ exit: 0, stderr: '' })
        expect(await kept(urls.tcp)).toEqual([])
        const stdin = readFileSync(path)
        expect(await runCli(['pub', '-L', urls.tcp, '--json', ...restore], { stdin }).exit).toBe(0)
        expect(await kept(urls.tcp)).toEqual(before)
      }
    })

    it('clears with --older-than by --time-property', async () => {
      const { urls } = await startMosquitto()
      const stamped = (topic: string, ts: string) => ({
        topic,
        payload: 'x',
        properties: { userProperties: [['ts', ts]] },
      })
      await publish(urls.tcp, [
        stamped('old', '2001-01-01T00:00:00Z'),
        stamped('young', new Date().toISOString()),
        stamped('odd', 'yesterday'),
      ])
      const { exit, stdout, stderr } = await clear(urls.tcp, ['--older-than', '30d', '--time-property', 'ts'])
      expect([exit, stdout]).toEqual([0, 'old\n'])
      expect(stderr).toBe('tmqtt retain-clear: 1 message without a time that can be read kept\n')
    })

    it.each([
      ['5', 'the broker rejected it: Not authorized (135)'],
      ['311', 'still there; the broker may not let you publish to it'],
    ])('reports on MQTT %s what it may not publish to', async (version, says) => {
      const acl = 'topic readwrite free/#\ntopic read locked/#\nuser owner\ntopic readwrite #\n'
      const { urls } = await startMosquitto({ acl, config: ['max_queued_messages 1000'] })
      const owner = ['pub', '-L', urls.tcp, '-u', 'owner', '-q', '1', '-r', '-m', 'x', '-t']
      for (const topic of ['free/a', 'locked/b']) expect(await runCli([...owner, topic]).exit).toBe(0)
      const { exit, stdout, stderr } = await clear(urls.tcp, ['-V', version])
      expect([exit, stdout]).toEqual([6, 'free/a\n'])
      expect(stderr).toContain(`tmqtt retain-clear: locked/b: ${says}`)
      expect(stderr).toContain('tmqtt retain-clear: 1 of 2 messages not cleared\n')
    })
  })
})
