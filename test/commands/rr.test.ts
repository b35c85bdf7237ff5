import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ack, lengthPrefixed, publishPacket, readPublish } from '../support/packets.ts'
import { type CliRun, type RunOptions, runCli } from '../support/run.ts'
import { type Peer, type ScriptedBroker, startScriptedBroker } from '../support/scripted-peer.ts'
import { temporaryDirectory } from '../support/temporary.ts'

interface Asking {
  readonly server: ScriptedBroker
  readonly cli: CliRun
  readonly peer: Peer
}

/** A run whose CONNECT is answered. */
async function ask(args: readonly string[], options?: RunOptions): Promise<Asking> {
  const server = await startScriptedBroker()
  const cli = runCli(['rr', '-L', server.url, '-t', 'req', '-e', 'res', ...args], options)
  const peer = await server.connection()
  await peer.accept()
  return { server, cli, peer }
}

/** A run whose request is out. */
async function request(args: readonly string[], options?: RunOptions) {
  const asking = await ask(args, options)
  await asking.peer.acceptSubscribe(0)
  const published = readPublish(await asking.peer.packet('PUBLISH'), asking.peer.version)
  return { ...asking, published }
}

async function ended({ cli }: Asking) {
  return { exit: await cli.exit, stdout: cli.stdout.toString(), stderr: cli.stderr }
}

const correlation = (text: string) => Buffer.from([9, ...lengthPrefixed(text)])

describe('rr', () => {
  it('publishes when it is subscribed, not before, and leaves after the answer without DISCONNECT', async () => {
    const asking = await ask(['-m', 'question'])
    const { peer, server } = asking
    const subscribe = await peer.packet('SUBSCRIBE')
    expect(subscribe.body).toEqual(Buffer.from([0, 1, 0, ...lengthPrefixed('res'), 0]))
    // Were it published already, PUBCOMP would come behind it.
    peer.send(ack('PUBREL', 99))
    await peer.packet('PUBCOMP')
    peer.suback(1, [0])
    const { topic, payload, retain, properties } = readPublish(await peer.packet('PUBLISH'), 5)
    expect([topic, payload.toString(), retain]).toEqual(['req', 'question', false])
    expect(properties).toEqual(Buffer.from([8, ...lengthPrefixed('res')]))
    peer.publish({ topic: 'res', payload: 'answer' })
    expect(await ended(asking)).toEqual({ exit: 0, stdout: 'answer\n', stderr: '' })
    await expect(peer.packet()).rejects.toThrow('the client closed the connection')
    await server.stop()
  })

  it('asks by a pair of topics on MQTT 3.1.1', async () => {
    const asking = await request(['-V', '311', '-n', '-v'])
    expect(asking.published).toMatchObject({ topic: 'req', payload: Buffer.alloc(0), properties: undefined })
    asking.peer.publish({ topic: 'res', payload: 'answer' })
    expect(await ended(asking)).toEqual({ exit: 0, stdout: 'res answer\n', stderr: '' })
  })

  it('puts properties on the request, the response topic behind them', async () => {
    const properties = ['content-type text/plain', 'user-property a b', 'user-property a c']
    const args = properties.flatMap((property) => ['-D', 'publish', ...property.split(' ')])
    const asking = await request(['-m', 'x', ...args])
    const pair = (value: string) => [0x26, ...lengthPrefixed('a'), ...lengthPrefixed(value)]
    expect(asking.published.properties).toEqual(
      Buffer.from([3, ...lengthPrefixed('text/plain'), ...pair('b'), ...pair('c'), 8, ...lengthPrefixed('res')]),
    )
  })

  it.each<[how: string, args: (file: string) => string[]]>([
    ['-f', (file) => ['-f', file]],
    ['-s', () => ['-s']],
  ])('reads the payload of %s', async (_how, args) => {
    const bytes = Buffer.from('a\0\n\xff', 'latin1')
    const asking = await request(args(temporaryDirectory().write('payload', bytes)), { stdin: bytes })
    expect(asking.published.payload).toEqual(bytes)
  })

  it('reads the file of mosquitto_rr, and what -o names in its place', async () => {
    const home = temporaryDirectory()
    mkdirSync(home.file('.config'))
    home.write('.config/mosquitto_rr', '-e from/file\n-q 2\n')
    const file = home.write('other', '-e from/other\n')
    const server = await startScriptedBroker()
    for (const [args, topic, qos] of [
      [[], 'from/file', 2],
      [['-o', file], 'from/other', 0],
    ] as const) {
      runCli(['rr', '-L', server.url, '-t', 'req', '-n', ...args], { env: { HOME: home.path } })
      const peer = await server.connection()
      await peer.accept()
      const { body } = await peer.packet('SUBSCRIBE')
      expect(body).toEqual(Buffer.from([0, 1, 0, ...lengthPrefixed(topic), qos]))
    }
  })

  it('takes the first message for the answer, also a retained one', async () => {
    const asking = await ask(['-m', 'x'])
    const { peer } = asking
    const subscribe = await peer.packet('SUBSCRIBE')
    peer.together(() => {
      peer.suback(subscribe.body.readUInt16BE(0), [0])
      peer.publish({ topic: 'res', payload: 'stale', retain: true })
      peer.publish({ topic: 'res', payload: 'live' })
    })
    await peer.packet('PUBLISH')
    expect(await ended(asking)).toEqual({ exit: 0, stdout: 'stale\n', stderr: '' })
  })

  it('asks for no retained messages with -R, and leaves out those that come', async () => {
    const asking = await ask(['-m', 'x', '-R'])
    const { peer } = asking
    const subscribe = await peer.acceptSubscribe(0)
    // Retain handling 2.
    expect(subscribe.body.at(-1)).toBe(0x20)
    await peer.packet('PUBLISH')
    peer.publish({ topic: 'res', payload: 'stale', retain: true })
    peer.publish({ topic: 'res', payload: 'live' })
    expect(await ended(asking)).toEqual({ exit: 0, stdout: 'live\n', stderr: '' })
  })

  it('takes with --correlate only the answer with its correlation data', async () => {
    const asking = await request(['-m', 'x', '--correlate'])
    const [first, ...data] = asking.published.properties!.subarray(0, 19)
    expect([first, ...data.slice(0, 2)]).toEqual([9, 0, 16])
    const own = Buffer.from([9, ...data])
    asking.peer.publish({ topic: 'res', payload: 'without' })
    asking.peer.publish({ topic: 'res', payload: 'for somebody else', properties: correlation('0123456789abcdef') })
    asking.peer.publish({ topic: 'res', payload: 'empty', properties: correlation('') })
    asking.peer.publish({ topic: 'res', payload: 'answer', properties: own })
    expect(await ended(asking)).toEqual({ exit: 0, stdout: 'answer\n', stderr: '' })
  })

  it('correlates by the data that -D gives', async () => {
    const asking = await request(['-m', 'x', '--correlate', '-D', 'publish', 'correlation-data', 'mine'])
    expect(asking.published.properties).toEqual(Buffer.from([...correlation('mine'), 8, ...lengthPrefixed('res')]))
    asking.peer.publish({ topic: 'res', payload: 'other', properties: correlation('other') })
    asking.peer.publish({ topic: 'res', payload: 'mine', properties: correlation('mine') })
    expect((await ended(asking)).stdout).toBe('mine\n')
  })

  it('waits for as many answers as --count says, and leaves the rest unacknowledged', async () => {
    const asking = await request(['-m', 'x', '-q', '1', '--count', '2', '-F', '%q %p'])
    const { peer, published } = asking
    peer.send(ack('PUBACK', published.packetId!))
    const answers = ['one', 'two', 'three'].map((payload, at) =>
      publishPacket({ topic: 'res', payload, qos: 1, packetId: at + 1, properties: Buffer.alloc(0) }),
    )
    peer.send(Buffer.concat(answers))
    expect(await ended(asking)).toEqual({ exit: 0, stdout: '1 one\n1 two\n', stderr: '' })
    for (const id of [1, 2]) expect((await peer.packet('PUBACK')).body.readUInt16BE(0)).toBe(id)
    await expect(peer.packet()).rejects.toThrow('the client closed the connection')
  })

  it('lets the broker have as many answers under way as it waits for', async () => {
    const server = await startScriptedBroker()
    const receiveMaximum = async (...args: string[]) => {
      runCli(['rr', '-L', server.url, '-t', 'req', '-e', 'res', '-n', ...args])
      const { body } = await (await server.connection()).packet('CONNECT')
      return body.subarray(10, 14)
    }
    expect(await receiveMaximum()).toEqual(Buffer.from([3, 0x21, 0, 1]))
    expect(await receiveMaximum('--count', '5')).toEqual(Buffer.from([3, 0x21, 0, 5]))
    expect(await receiveMaximum('--count', '70000')).toEqual(Buffer.from([3, 0x21, 0xff, 0xff]))
  })

  it('completes an answer at QoS 2', async () => {
    const asking = await request(['-m', 'x', '-q', '2'])
    asking.peer.publish({ topic: 'res', payload: 'answer', qos: 2, packetId: 7 })
    await asking.peer.packet('PUBREC')
    asking.peer.send(ack('PUBREL', 7))
    await asking.peer.packet('PUBCOMP')
    expect(await ended(asking)).toEqual({ exit: 0, stdout: 'answer\n', stderr: '' })
  })

  it('prints with --latency the time behind each answer', async () => {
    const asking = await request(['-m', 'x', '--latency', '--count', '2', '--json'])
    for (const payload of ['one', 'two']) asking.peer.publish({ topic: 'res', payload })
    const { exit, stdout } = await ended(asking)
    expect(exit).toBe(0)
    expect(stdout).toMatch(/^(\{.*"payload":"(one|two)".*\}\nLatency: \d+(\.\d{6}(\d{3}|ms|µs)|ns)\n){2}$/)
  })

  it('leaves out what a persistent session has of other topics, and names the filter', async () => {
    const asking = await request(['-m', 'x', '-c', '-i', 'me', '-F', '%{filter} %p'])
    asking.peer.publish({ topic: 'other', payload: 'x' })
    asking.peer.publish({ topic: 'res', payload: 'answer' })
    expect((await ended(asking)).stdout).toBe('res answer\n')
  })

  it.each([
    { version: '5', disconnect: 'e00104' },
    { version: '311', disconnect: 'e000' },
  ])('exits with 27 when -W ran out, and on MQTT $version says $disconnect', async ({ version, disconnect }) => {
    const asking = await request(['-m', 'x', '-W', '1', '-V', version])
    expect((await asking.peer.packet('DISCONNECT')).bytes.toString('hex')).toBe(disconnect)
    expect(await ended(asking)).toEqual({ exit: 27, stdout: '', stderr: 'tmqtt rr: timed out after 1 s (-W)\n' })
  })

  it.each([
    { version: '5', code: 135, says: 'Not authorized (135)' },
    { version: '311', code: 128, says: '(128)' },
  ])('exits with $code when the subscription is refused', async ({ version, code, says }) => {
    const asking = await ask(['-m', 'x', '-V', version])
    await asking.peer.acceptSubscribe(code)
    const { exit, stderr } = await ended(asking)
    expect([exit, stderr]).toEqual([code, expect.stringContaining(says)])
    expect((await asking.peer.packet()).type).toBe('DISCONNECT')
  })

  it.each(['1', '2'])('exits with the reason code when the request is rejected at QoS %s', async (qos) => {
    const asking = await request(['-m', 'x', '-q', qos])
    asking.peer.send(ack(qos === '1' ? 'PUBACK' : 'PUBREC', asking.published.packetId!, 151))
    const { exit, stderr } = await ended(asking)
    expect([exit, stderr]).toEqual([151, 'tmqtt rr: 1 of 1 messages rejected: Quota exceeded (151)\n'])
  })

  it('waits on when nobody has subscribed to the request so far', async () => {
    const asking = await request(['-m', 'x', '-q', '1'])
    asking.peer.send(ack('PUBACK', asking.published.packetId!, 16))
    asking.peer.publish({ topic: 'res', payload: 'late' })
    expect(await ended(asking)).toEqual({ exit: 0, stdout: 'late\n', stderr: '' })
  })

  it.each(['0', '1', '2'])('prints an answer that came before the connection was lost, at QoS %s', async (qos) => {
    const asking = await request(['-m', 'x', '-q', qos])
    asking.peer.publish({ topic: 'res', payload: 'answer' })
    asking.peer.end()
    expect(await ended(asking)).toEqual({ exit: 0, stdout: 'answer\n', stderr: '' })
  })

  it('exits with 7 when the connection is lost before the answer', async () => {
    const asking = await request(['-m', 'x'])
    asking.peer.destroy()
    const { exit, stderr } = await ended(asking)
    expect([exit, stderr]).toEqual([7, expect.stringMatching(/^tmqtt rr: the connection to \S+ was lost.*\n$/)])
  })

  it('exits with 7 when the answer has malformed properties, with --correlate', async () => {
    const asking = await request(['-m', 'x', '--correlate'])
    asking.peer.publish({ topic: 'res', properties: Buffer.from([9, 0]) })
    const { exit, stderr } = await ended(asking)
    expect([exit, stderr]).toEqual([7, expect.stringContaining('the broker does not speak MQTT as it should')])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('at %s while it waits exits with %d', async (signal, exit) => {
    const asking = await request(['-m', 'x'])
    asking.cli.abort(signal)
    expect(await ended(asking)).toEqual({ exit, stdout: '', stderr: 'tmqtt rr: interrupted\n' })
    expect((await asking.peer.packet()).type).toBe('DISCONNECT')
  })

  it('exits with 0 when nobody reads the answer', async () => {
    const asking = await request(['-m', 'x'])
    asking.cli.closeStdout()
    asking.peer.publish({ topic: 'res', payload: 'answer' })
    expect(await ended(asking)).toEqual({ exit: 0, stdout: '', stderr: '' })
  })

  it.each<[says: string, argv: string[]]>([
    ['no topic: name one by -t, or in -L', ['-e', 'res', '-n']],
    ['-L: the topic of a message has no wildcards (+ or #)', ['-e', 'res', '-n', '-L', 'mqtt://127.0.0.1/a/%23']],
    ['-e (--response-topic) is missing: topic of the answers, which the request names', ['-t', 'a', '-n']],
    ['nothing to request: give -m TEXT, -f FILE, -s (standard input) or -n (empty)', ['-t', 'a', '-e', 'b']],
    ["-m and -n can't be used together", ['-t', 'a', '-e', 'b', '-m', 'x', '-n']],
    ["-f and -s can't be used together", ['-t', 'a', '-e', 'b', '-f', 'x', '-s']],
    [
      '-e: expected a topic name: 1 to 65,535 bytes, no wildcards (+ or #), no control characters, got "a/#"',
      [...['-t', 'a', '-e', 'a/#', '-n']],
    ],
    ['--response-topic: expected a topic name', ['-t', 'a', '--response-topic', '', '-n']],
    ['--count: expected a whole number from 1, got "0"', ['-t', 'a', '-e', 'b', '-n', '--count', '0']],
    [
      '--correlate needs MQTT 5, but -V asks for an earlier version',
      [...['-t', 'a', '-e', 'b', '-n', '--correlate', '-V', '311']],
    ],
    [
      '-D publish response-topic: -e names the response topic',
      [...['-t', 'a', '-e', 'b', '-n', '-D', 'publish', 'response-topic', 'c']],
    ],
    ['unknown option -r', ['-t', 'a', '-e', 'b', '-n', '-r']],
    ['unknown option -l', ['-t', 'a', '-e', 'b', '-l']],
    ['-F', ['-t', 'a', '-e', 'b', '-n', '-F', '%']],
    ['--json and -F', ['-t', 'a', '-e', 'b', '-n', '-F', '%p', '--json']],
    ['-f /nowhere/to/be/found: no such file', ['-t', 'a', '-e', 'b', '-f', '/nowhere/to/be/found']],
    ['standard input was empty; -n publishes an empty message', ['-t', 'a', '-e', 'b', '-s']],
  ])('exits with 1 and says %s', async (says, argv) => {
    const cli = runCli(['rr', ...argv])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toContain(says)
    expect(cli.stderr).toMatch(/^tmqtt rr: [^\n]+\n$/)
  })
})
