import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodeProperties, type PublishProperties, propertyList } from '../../src/mqtt/properties.ts'
import { readShort } from '../mqtt/client.ts'
import { startAedes } from '../support/aedes.ts'
import { freePort } from '../support/free-port.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { publishPacket } from '../support/packets.ts'
import { expectEnd } from '../support/processes.ts'
import { type CliRun, type RunOptions, runCli } from '../support/run.ts'
import { type Peer, startScriptedBroker } from '../support/scripted-peer.ts'
import { temporaryDirectory } from '../support/temporary.ts'

interface Expecting {
  readonly cli: CliRun
  readonly peer: Peer
  /** What SUBSCRIBE holds behind its packet identifier. */
  readonly subscribed: Buffer
  /** Sends messages, each with this payload, on `a` unless it says otherwise. */
  send(...payloads: readonly string[]): void
}

/** So long that a test that waits for it fails. */
const NEVER = '1h'

/** A run that is subscribed. */
async function start(args: readonly string[], options?: RunOptions): Promise<Expecting> {
  const server = await startScriptedBroker()
  const within = args.includes('--within') ? [] : ['--within', NEVER]
  // What is to run comes last.
  const end = args.includes('--') ? args.indexOf('--') : args.length
  const words = [...args.slice(0, end), '-L', server.url, ...within, ...args.slice(end)]
  const cli = runCli(['expect', ...words], options)
  const peer = await server.connection()
  await peer.accept()
  const filters = args.filter((word) => ['-t', '--none'].includes(word)).length
  const { body } = await peer.acceptSubscribe(...Array.from({ length: filters }, () => 1))
  return {
    cli,
    peer,
    subscribed: body.subarray(2),
    send: (...payloads) => {
      for (const payload of payloads) peer.publish({ topic: 'a', payload })
    },
  }
}

/** How it ended, with all it has printed. */
async function outcome({ cli }: Pick<Expecting, 'cli'>) {
  return { exit: await cli.exit, stdout: cli.stdout.toString(), stderr: cli.stderr }
}

function bytesOf(properties: PublishProperties): Buffer {
  const encoded = encodeProperties(propertyList(properties))
  return encoded.subarray(encoded.findIndex((byte) => byte < 0x80) + 1)
}

/** A command that waits until the file is there. */
function untilThere(path: string): string {
  return `until [ -e ${path} ]; do sleep 0.01; done`
}

const met = { exit: 0, stdout: '', stderr: '' }

describe('expect', () => {
  it('is met by one message, and leaves at once', async () => {
    const expecting = await start(['-t', 'a'])
    expecting.send('anything')
    expect(await outcome(expecting)).toEqual(met)
    expect((await expecting.peer.packet()).type).toBe('DISCONNECT')
  })

  it('acknowledges what came, with one subscription for all filters', async () => {
    const expecting = await start(['-t', 'a', '--none', 'b', '--settle', '0', '-V', '5'])
    // No properties; retain handling 2 and QoS 1 [MQTT 5, 3.8.3.1].
    expect([...expecting.subscribed]).toEqual([0, 0, 1, 97, 0x21, 0, 1, 98, 0x21])
    expecting.peer.publish({ topic: 'a', payload: 'x', qos: 1, packetId: 7 })
    expect(await readShort(expecting.peer, 1)).toEqual(['PUBACK 7'])
    expect((await outcome(expecting)).exit).toBe(0)
  })

  it.each<[args: string[], payloads: string[]]>([
    [
      ['--payload', 'x'],
      ['y', 'x'],
    ],
    [
      ['--contains', 'x'],
      ['y', 'axb'],
    ],
    [
      ['--contains', 'x', '--contains', 'y'],
      ['ax', 'y', 'yx'],
    ],
    [
      ['--matches', '^\\d+$'],
      ['y1', '12'],
    ],
    [
      ['--where', 'payload.n == 3'],
      ['y', '{"n":2}', '{"n":3}'],
    ],
    [
      ['--where', 'payload.n == 3', '--where', 'topic == "a"'],
      ['{"n":2}', '{"n":3}'],
    ],
  ])('counts what meets %j', async (args, payloads) => {
    const expecting = await start(['-t', 'a', ...args, '-v'])
    expecting.send(...payloads)
    expect(await outcome(expecting)).toEqual({ exit: 0, stdout: `a ${payloads.at(-1)}\n`, stderr: '' })
  })

  it('knows QoS, RETAIN and properties', async () => {
    const where = `qos == 2 && retain && properties.contentType == "t" && properties.userProperty.room == "hall"`
    const expecting = await start(['-t', 'a', '-q', '2', '--retain-as-published', '--where', where])
    // Chosen by the option: MQTT 5, where the broker is asked for RETAIN as published, and for nothing from before.
    expect([...expecting.subscribed]).toEqual([0, 0, 1, 97, 0x2a])
    const properties = bytesOf({ contentType: 't', userProperties: [['room', 'hall']] })
    expecting.peer.publish({ topic: 'a', qos: 2, packetId: 1, retain: true, properties })
    expect(await readShort(expecting.peer, 1)).toEqual(['PUBREC 1'])
    expecting.peer.end()
    expect((await outcome(expecting)).exit).toBe(0)
  })

  it.each<[args: string[], stdout: string]>([
    [['-v'], 'a 1\na 2\n'],
    [['-F', '%t=%p'], 'a=1\na=2\n'],
    [['-N', '-F', '%p'], '12'],
    [['--json'], '{"topic":"a","payload":"1",'],
  ])('prints what counts with %j', async (args, stdout) => {
    const expecting = await start(['-t', 'a', '--at-least', '2', '--matches', '^[12]$', ...args])
    expecting.send('1', 'other', '2')
    const { exit, stdout: printed } = await outcome(expecting)
    expect([exit, printed.slice(0, stdout.length)]).toEqual([0, stdout])
  })

  it('goes on when nobody reads what it prints', async () => {
    const expecting = await start(['-t', 'a', '-v', '--at-least', '2'])
    expecting.cli.closeStdout()
    expecting.send('1')
    expecting.send('2')
    expect((await outcome(expecting)).exit).toBe(0)
  })

  describe('--count', () => {
    it('is met when as many came, and no more for a moment', async () => {
      const expecting = await start(['-t', 'a', '--count', '2', '--settle', '1ms', '--payload', 'x'])
      expecting.send('x', 'y', 'x')
      expect(await outcome(expecting)).toEqual(met)
    })

    it('fails at one more', async () => {
      const expecting = await start(['-t', 'a', '--count', '2', '--settle', NEVER])
      expecting.send('1', '2')
      expecting.send('3', '4')
      expect(await outcome(expecting)).toEqual({
        exit: 6,
        stdout: '',
        stderr: "tmqtt expect: one too many: 'a' 3\ntmqtt expect: 3 messages came, more than 2\n",
      })
    })

    it('says what is missing, and shows the nearest', async () => {
      const expecting = await start(['-t', 'a', '--count', '2', '--within', '1s', '--where', 'payload.ok == true'])
      expecting.send('{"ok":true}', '{"ok":false}', 'no \x1b[2J')
      expect(await outcome(expecting)).toEqual({
        exit: 6,
        stdout: '',
        stderr: `tmqtt expect: 2 more came that did not count; the nearest:
tmqtt expect: 'a' {"ok":false}; not met: --where 'payload.ok == true'
tmqtt expect: 'a' no \\e[2J; not met: --where 'payload.ok == true' (no such key: ok)
tmqtt expect: 1 of 2 messages came within 1 s
`,
      })
    })

    it('0 wants none until the time is up', async () => {
      const expecting = await start(['-t', 'a', '--count', '0', '--within', '300ms', '--payload', 'x'])
      expecting.send('y')
      expect(await outcome(expecting)).toEqual(met)
    })
  })

  it.each<[args: string[], payloads: string[], exit: number]>([
    [['--at-least', '2'], ['1', '2', '3'], 0],
    [['--at-least', '2', '--within', '300ms'], ['1'], 6],
    [['--at-most', '1', '--within', '300ms'], [], 0],
    [['--at-most', '1', '--within', '300ms'], ['1'], 0],
    [['--at-most', '1'], ['1', '2'], 6],
    [['--at-most', '0'], ['1'], 6],
    [['--at-least', '0', '--within', '300ms'], [], 0],
    [['--at-least', '1', '--at-most', '2', '--settle', '1ms'], ['1'], 0],
    [['--at-least', '1', '--at-most', '2', '--settle', NEVER], ['1', '2', '3'], 6],
    [['--at-least', '2', '--at-most', '3', '--within', '300ms'], ['1'], 6],
    // The time is up while it waits for one too many.
    [['--count', '1', '--settle', NEVER, '--within', '300ms'], ['1'], 0],
  ])('with %j, at %j, exits with %i', async (args, payloads, exit) => {
    const expecting = await start(['-t', 'a', ...args])
    expecting.send(...payloads)
    expect((await outcome(expecting)).exit).toBe(exit)
  })

  describe('--in-order', () => {
    const steps = ['--in-order', '--where', 'payload == "begin"', '--where', 'payload == "end"']

    it('is met by one message after the other, with others between', async () => {
      const expecting = await start(['-t', 'a', ...steps, '-v'])
      expecting.send('end', 'begin', 'begin', 'other', 'end')
      expect(await outcome(expecting)).toEqual({ exit: 0, stdout: 'a begin\na end\n', stderr: '' })
    })

    it('is not met by another order', async () => {
      const expecting = await start(['-t', 'a', ...steps, '--within', '500ms'])
      expecting.send('end', 'begin')
      const { exit, stderr } = await outcome(expecting)
      expect(exit).toBe(6)
      expect(stderr).toContain(`tmqtt expect: the next to come: --where 'payload == "end"'\n`)
      expect(stderr).toContain('tmqtt expect: 1 of 2 messages came within 0.5 s\n')
    })
  })

  describe('--none', () => {
    it('fails at once, whatever comes', async () => {
      const expecting = await start(['-t', 'a', '--none', 'e/+', '--payload', 'x'])
      expecting.peer.publish({ topic: 'e/1', payload: 'oh' })
      const stderr = "tmqtt expect: 'e/1' oh\ntmqtt expect: a message came on 'e/1'\n"
      expect(await outcome(expecting)).toEqual({ exit: 6, stdout: '', stderr })
    })

    it('fails also when all else is met and it only waits for a moment', async () => {
      const expecting = await start(['-t', 'a', '-v', '--none', 'e', '--settle', NEVER])
      expecting.send('x')
      await expecting.cli.waitForStdout('a x\n')
      expecting.peer.publish({ topic: 'e', payload: '' })
      expect((await outcome(expecting)).exit).toBe(6)
    })

    it('alone wants silence until the time is up', async () => {
      expect(await outcome(await start(['--none', 'e', '--within', '300ms']))).toEqual(met)
    })

    it('alone wants silence until the command has ended, and a moment', async () => {
      expect(await outcome(await start(['--none', 'e', '--settle', '1ms', '--', 'true']))).toEqual(met)
    })
  })

  describe('retained messages', () => {
    it('from before are left out, and said to be', async () => {
      const expecting = await start(['-t', 'a', '--none', 'b', '--within', '500ms'])
      for (const topic of ['a', 'b']) expecting.peer.publish({ topic, payload: 'old', retain: true })
      expect(await outcome(expecting)).toEqual({
        exit: 6,
        stdout: '',
        stderr: `tmqtt expect: 2 retained from before did not count (--retained counts them)
tmqtt expect: 0 of 1 messages came within 0.5 s
`,
      })
    })

    it('count with --retained', async () => {
      const expecting = await start(['-t', 'a', '--retained', '--where', 'retain', '-V', '5'])
      expect([...expecting.subscribed]).toEqual([0, 0, 1, 97, 0x01])
      expecting.peer.publish({ topic: 'a', payload: 'old', retain: true })
      expect(await outcome(expecting)).toEqual(met)
    })
  })

  describe('a command', () => {
    it('runs once the subscription is confirmed, with its output on stderr and no input', async () => {
      const server = await startScriptedBroker()
      const ran = temporaryDirectory().file('ran')
      const script = `: >${ran}; cat; echo "$1 $2"; echo error >&2`
      const cli = runCli(['expect', '-t', 'a', '-L', server.url, '--', 'sh', '-c', script, '-t', '--help', 'a b'], {
        stdin: 'not for the command',
      })
      const peer = await server.connection()
      await peer.accept()
      const { body } = await peer.packet('SUBSCRIBE')
      expect(() => readFileSync(ran)).toThrow('ENOENT')
      peer.suback(body.readUInt16BE(0), [1])
      await cli.waitForStderr('error\n')
      peer.publish({ topic: 'a', payload: '' })
      expect(await cli.exit).toBe(0)
      expect(cli.stdout.toString()).toBe('')
      expect(cli.stderr.split('\n').sort()).toEqual(['', '--help a b', 'error'])
    })

    it('has the environment, without passwords of tmqtt', async () => {
      const script = 'echo "$TMQTT_USERNAME,$TMQTT_PASSWORD,$OTHER"'
      const env = { PATH: process.env.PATH, TMQTT_USERNAME: 'joe', TMQTT_PASSWORD: 'secret', OTHER: 'kept' }
      const expecting = await start(['-t', 'a', '--', 'sh', '-c', script], { env })
      await expecting.cli.waitForStderr('joe,,kept\n')
      expecting.send('x')
      expect((await outcome(expecting)).exit).toBe(0)
    })

    it('has to end before all is met', async () => {
      const end = temporaryDirectory()
      const script = `echo begun; ${untilThere(end.file('end'))}; echo ended`
      const expecting = await start(['-t', 'a', '-v', '--', 'sh', '-c', script])
      await expecting.cli.waitForStderr('begun\n')
      expecting.send('x')
      await expecting.cli.waitForStdout('a x\n')
      expect(expecting.cli.stderr).not.toContain('ended')
      end.write('end', '')
      expect(await outcome(expecting)).toEqual({ exit: 0, stdout: 'a x\n', stderr: 'begun\nended\n' })
    })

    it('may have ended before all is met', async () => {
      const expecting = await start(['-t', 'a', '--count', '1', '--settle', '1ms', '--', 'sh', '-c', 'echo ended'])
      await expecting.cli.waitForStderr('ended\n')
      expecting.send('x')
      expect((await outcome(expecting)).exit).toBe(0)
    })

    it('may not bring one too many, however long it runs', async () => {
      const pid = temporaryDirectory().file('pid')
      const script = `echo $$ >${pid}; echo begun; exec sleep 60`
      const expecting = await start(['-t', 'a', '--count', '1', '--settle', '0', '--', 'sh', '-c', script])
      await expecting.cli.waitForStderr('begun\n')
      expecting.send('1')
      expecting.send('2')
      const { exit, stderr } = await outcome(expecting)
      expect([exit, stderr.split('\n').at(-2)]).toEqual([6, 'tmqtt expect: 2 messages came, more than 1'])
      await expectEnd(pid)
    })

    it.each<[words: string[], failure: string]>([
      [['sh', '-c', 'exit 3'], 'sh ended with exit status 3'],
      [['sh', '-c', 'kill -9 $$'], 'sh was ended by SIGKILL'],
      [['/no/such/program', 'x'], '/no/such/program cannot be run: no such program'],
      [['/'], '/ cannot be run: permission denied'],
    ])('that fails, fails at once: %j', async (words, failure) => {
      const expecting = await start(['-t', 'a', '--', ...words], { env: { PATH: process.env.PATH } })
      expect(await outcome(expecting)).toEqual({ exit: 6, stdout: '', stderr: `tmqtt expect: ${failure}\n` })
    })

    it('that takes too long is ended, with all it has started', async () => {
      const pid = temporaryDirectory().file('pid')
      const script = `trap "" TERM; sh -c 'trap "" TERM; echo $$ >${pid}; sleep 60'; wait`
      const expecting = await start(['-t', 'a', '--within', '1s', '--', 'sh', '-c', script])
      expecting.send('x')
      const { exit, stderr } = await outcome(expecting)
      expect([exit, stderr]).toEqual([6, 'tmqtt expect: sh did not end within 1 s\n'])
      await expectEnd(pid)
    })
  })

  it.each<[filters: string[], message: string]>([
    [[], 'nothing to expect: name a topic filter by -t, or one on which nothing may come by --none'],
    [['--none', 'a', '--payload', 'x'], '-t is missing: conditions and counts are for its messages'],
    [['--none', 'a', '--count', '3'], '-t is missing: conditions and counts are for its messages'],
    [['-t', 'a', '--at-least', '3', '--at-most', '2'], "--at-least 3 and --at-most 2 can't both be met"],
    [['-t', 'a', '--count', '3', '--at-most', '2'], "--count and --at-most can't be used together"],
    [['-t', 'a', '--in-order'], '--in-order needs --where'],
    [['-t', 'a/+', '-t', '+/b'], '-t a/+ and -t +/b match the same topics: a message may come, and count, twice'],
    [['-t', 'a/b', '--none', 'a/#'], '--none a/# rules out all that -t a/b expects'],
    [
      ['-t', 'a', '--where', 'payload ='],
      "--where: 'payload =' is no expression, at character 9: unexpected character: =",
    ],
    [['-t', 'a', '--matches', '('], '--matches: "(" is no regular expression: missing closing ): `(`'],
    [['-t', 'a', '--reconnect', '3'], 'unknown option --reconnect'],
    [['-t', 'a', '--'], '-- needs a command behind it'],
    [['-t', 'a', '--', ''], '-- needs a command behind it, not an empty word'],
  ])('refuses %j before it connects', async (args, message) => {
    const cli = runCli(['expect', '-p', String(await freePort()), ...args])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toContain(`tmqtt expect: ${message}`)
  })

  it('takes no command from the environment or from a profile', async () => {
    const directory = temporaryDirectory()
    const ran = directory.file('ran')
    const config = directory.write('config.json', JSON.stringify({ profiles: { p: { command: [`touch`, ran] } } }))
    const inProfile = runCli(['expect', '-t', 'a', '--config', config, '--profile', 'p'])
    expect(await inProfile.exit).toBe(1)
    expect(inProfile.stderr).toContain('unknown key "command"')
    const flag = runCli(['expect', '-t', 'a', '--command', 'x'])
    expect(await flag.exit).toBe(1)
    const expecting = await start(['-t', 'a'], { env: { TMQTT_COMMAND: `touch ${ran}` } })
    expecting.send('x')
    expect(await outcome(expecting)).toEqual(met)
    expect(() => readFileSync(ran)).toThrow('ENOENT')
  })

  describe('a connection', () => {
    it('that cannot be made exits with its own status', async () => {
      const cli = runCli(['expect', '-t', 'a', '-h', '127.0.0.1', '-p', String(await freePort())])
      expect(await cli.exit).toBe(3)
    })

    it('with a wrong password exits with the reason code', async () => {
      const { urls } = await startAedes({ password: { username: 'joe', password: 'right' } })
      const ran = temporaryDirectory().file('ran')
      const cli = runCli(['expect', '-t', 'a', '-L', urls.tcp, '-u', 'joe', '-P', 'wrong', '--', 'touch', ran])
      expect(await cli.exit).toBe(4)
      expect(() => readFileSync(ran)).toThrow('ENOENT')
    })

    it.each([
      [[0x87, 0x87], 135],
      [[1, 0x87], 135],
    ])('whose broker answers the subscription with %j exits with %d, and runs nothing', async (codes, exit) => {
      const server = await startScriptedBroker()
      const ran = temporaryDirectory().file('ran')
      const args = ['-t', 'a', '--none', 'b', '-V', '5', '-L', server.url, '--', 'touch', ran]
      const cli = runCli(['expect', ...args])
      const peer = await server.connection()
      await peer.accept()
      await peer.acceptSubscribe(...codes)
      expect(await cli.exit).toBe(exit)
      expect(cli.stderr).toContain("subscription to 'b' refused: Not authorized")
      expect(() => readFileSync(ran)).toThrow('ENOENT')
    })

    it('whose broker does not confirm the subscription in time exits with 3', async () => {
      const server = await startScriptedBroker()
      const cli = runCli(['expect', '-t', 'a', '-L', server.url, '--within', '300ms'])
      const peer = await server.connection()
      await peer.accept()
      await peer.packet('SUBSCRIBE')
      expect(await cli.exit).toBe(3)
      expect(cli.stderr).toBe('tmqtt expect: the broker has not confirmed the subscription within 0.3 s\n')
    })

    it('that is lost exits with 7, after what came before, and ends the command', async () => {
      const pid = temporaryDirectory().file('pid')
      const script = `echo $$ >${pid}; echo begun; exec sleep 60`
      const expecting = await start(['-t', 'a', '--at-least', '2', '-v', '--', 'sh', '-c', script])
      await expecting.cli.waitForStderr('begun\n')
      expecting.send('x')
      expecting.peer.end()
      const { exit, stdout, stderr } = await outcome(expecting)
      expect([exit, stdout]).toEqual([7, 'a x\n'])
      expect(stderr).toMatch(/^begun\ntmqtt expect: the connection to \S+ was lost.*\n$/)
      await expectEnd(pid)
    })

    it('that is lost behind the message that was missing is no failure', async () => {
      const expecting = await start(['-t', 'a'])
      expecting.send('x')
      expecting.peer.end()
      expect(await outcome(expecting)).toEqual(met)
    })

    it('over which malformed properties come exits with 7', async () => {
      const expecting = await start(['-t', 'a', '-V', '5'])
      expecting.peer.publish({ topic: 'a', properties: [0xff] as never })
      expect((await outcome(expecting)).exit).toBe(7)
    })
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('at %s ends the command and exits with %d', async (signal, exit) => {
    const pid = temporaryDirectory().file('pid')
    const script = `trap 'echo ended' TERM; echo $$ >${pid}; echo begun; sleep 60 & wait`
    const expecting = await start(['-t', 'a', '--', 'sh', '-c', script])
    await expecting.cli.waitForStderr('begun\n')
    expecting.cli.abort(signal)
    const { exit: status, stderr } = await outcome(expecting)
    expect([status, stderr]).toEqual([exit, 'begun\nended\ntmqtt expect: interrupted\n'])
    await expectEnd(pid)
  })

  it('keeps up with a flood of messages of which none counts', async () => {
    const expecting = await start(['-t', 'a', '--where', 'payload.n == -1', '-q', '0'])
    const batch = Buffer.concat(
      Array.from({ length: 1000 }, (_, n) => publishPacket({ topic: 'a', payload: `{"n":${n}}` })),
    )
    for (let at = 0; at < 50; at++) expecting.peer.send(batch)
    expecting.send('{"n":-1}')
    expect(await outcome(expecting)).toEqual(met)
  })

  describe('--junit', () => {
    /** The report, without times. */
    function reportOf(path: string): string {
      return readFileSync(path, 'utf8').replace(/ time="[\d.]+"/g, '')
    }

    it('tells of every expectation', async () => {
      const path = temporaryDirectory().file('out.xml')
      const expecting = await start(['-t', 'a', '--none', 'b', '--settle', '1ms', '--junit', path, '--', 'true'])
      expecting.send('x')
      expect((await outcome(expecting)).exit).toBe(0)
      expect(reportOf(path)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="tmqtt expect" tests="4" failures="0" skipped="0" errors="0">
    <testcase classname="tmqtt expect" name="stays subscribed to the end"/>
    <testcase classname="tmqtt expect" name="at least 1 message on 'a'"/>
    <testcase classname="tmqtt expect" name="nothing on 'b'"/>
    <testcase classname="tmqtt expect" name="true"/>
  </testsuite>
</testsuites>
`)
    })

    it('tells of what failed, with the nearest messages', async () => {
      const path = temporaryDirectory().file('out.xml')
      const expecting = await start(['-t', 'a', '--payload', 'x', '--within', '300ms', '--junit', path])
      expecting.send('<&>')
      expect((await outcome(expecting)).exit).toBe(6)
      expect(reportOf(path)).toContain('failures="1"')
      expect(reportOf(path)).toContain(`'a' &lt;&amp;&gt;; not met: --payload 'x'`)
    })

    it.each<[how: string, stop: (expecting: Expecting) => void, message: string]>([
      ['interrupted', ({ cli }) => cli.abort('SIGINT'), 'interrupted'],
      ['cut off', ({ peer }) => peer.destroy(), 'was lost'],
    ])('is there also when it is %s', async (_how, stop, message) => {
      const path = temporaryDirectory().file('out.xml')
      const expecting = await start(['-t', 'a', '--junit', path])
      stop(expecting)
      await expecting.cli.exit
      expect(reportOf(path)).toMatch(new RegExp(`"stays subscribed to the end"><failure message="[^"]*${message}`))
    })

    it('is there also when the broker cannot be reached', async () => {
      const path = temporaryDirectory().file('out.xml')
      const cli = runCli(['expect', '-t', 'a', '-h', '127.0.0.1', '-p', String(await freePort()), '--junit', path])
      expect(await cli.exit).toBe(3)
      expect(reportOf(path)).toContain('<failure message="cannot reach 127.0.0.1:')
    })

    it('that cannot be written is an error before connecting', async () => {
      const server = await startScriptedBroker()
      const path = temporaryDirectory().path
      const cli = runCli(['expect', '-t', 'a', '-L', server.url, '--junit', path])
      expect(await cli.exit).toBe(1)
      expect(cli.stderr).toBe(`tmqtt expect: --junit ${path}: is a directory\n`)
    })
  })

  describe.skipIf(!hasMosquitto)('with mosquitto', () => {
    it('asserts what a command publishes', async () => {
      const { ports } = await startMosquitto()
      const publish = `mosquitto_pub -p ${ports.tcp} -q 2 -t order/1/done -m '{"ok":true}'`
      const to = ['-h', '127.0.0.1', '-p', String(ports.tcp), '--settle', '50ms']
      const args = [
        '-t',
        'order/+/done',
        '--none',
        'order/+/error',
        '--count',
        '2',
        '--where',
        'payload.ok && qos == 1',
      ]
      const good = runCli(['expect', ...to, ...args, '--', 'sh', '-c', `${publish} && ${publish}`])
      expect([await good.exit, good.stderr]).toEqual([0, ''])
      const bad = `${publish} && mosquitto_pub -p ${ports.tcp} -q 1 -t order/1/error -m oh`
      const failing = runCli(['expect', ...to, ...args, '--', 'sh', '-c', bad])
      expect(await failing.exit).toBe(6)
    })

    it.each(['311', '5'])('is not met by a retained message from before, MQTT %s', async (version) => {
      const { ports } = await startMosquitto()
      const to = ['-h', '127.0.0.1', '-p', String(ports.tcp)]
      expect(await runCli(['pub', ...to, '-t', 'a', '-m', 'old', '-r', '-q', '1']).exit).toBe(0)
      const args = ['expect', ...to, '-t', 'a', '-V', version]
      expect(await runCli([...args, '--within', '300ms']).exit).toBe(6)
      expect(await runCli([...args, '--retained']).exit).toBe(0)
    })

    it('fails when the broker goes away', async () => {
      const broker = await startMosquitto()
      const cli = runCli(['expect', '-t', 'a', '-L', broker.urls.tcp, '-i', 'me', '--within', NEVER])
      await broker.waitForLog('Sending SUBACK to me')
      await broker.kill()
      expect(await cli.exit).toBe(7)
    })
  })
})
