import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { decodeProperties, encodeProperties, type PublishProperties, propertyList } from '../../src/mqtt/properties.ts'
import { readShort } from '../mqtt/client.ts'
import { ack, type Publish, publishPacket, readPublish } from '../support/packets.ts'
import { type CliRun, type RunOptions, runCli } from '../support/run.ts'
import { type Peer, startScriptedBroker } from '../support/scripted-peer.ts'
import { temporaryDirectory } from '../support/temporary.ts'

interface Answering {
  readonly cli: CliRun
  readonly peer: Peer
  /** Sends a request that asks for an answer on `res`, unless it says otherwise. */
  request(publish: Partial<Publish> & { readonly has?: PublishProperties }): void
  /** The next answer. */
  answer(): Promise<{ readonly topic: string; readonly payload: string; readonly properties: PublishProperties }>
}

/** A run that is subscribed. */
async function serve(args: readonly string[], options?: RunOptions): Promise<Answering> {
  const server = await startScriptedBroker()
  const cli = runCli(['reply', '-L', server.url, '-t', 'req/#', ...args], options)
  const peer = await server.connection()
  await peer.accept()
  await peer.acceptSubscribe(0)
  return {
    cli,
    peer,
    request: ({ has = { responseTopic: 'res' }, ...publish }) =>
      peer.publish({ topic: 'req/a', properties: bytesOf(has), ...publish }),
    async answer() {
      const { topic, payload, properties } = readPublish(await peer.packet('PUBLISH'), peer.version)
      const bytes = Buffer.from(properties ?? [])
      return { topic, payload: payload.toString('latin1'), properties: decodeProperties(bytes, 0, bytes.length) }
    },
  }
}

function bytesOf(properties: PublishProperties): Buffer {
  const encoded = encodeProperties(propertyList(properties))
  return encoded.subarray(encoded.findIndex((byte) => byte < 0x80) + 1)
}

/** As Ctrl-C does. */
async function stop({ cli }: Answering) {
  cli.abort('SIGINT')
  return { exit: await cli.exit, stdout: cli.stdout.toString(), stderr: cli.stderr }
}

/** Resolves when there is a file of this name, which a command makes. */
async function exists(path: string): Promise<void> {
  await vi.waitFor(() => expect(existsSync(path)).toBe(true), { timeout: 9000 })
}

const ended = { exit: 0, stdout: '', stderr: '' }

describe('reply', () => {
  it('answers on the response topic of each request, with its correlation data', async () => {
    const answering = await serve(['-m', 'answer'])
    answering.request({ has: { responseTopic: 'one/res', correlationData: Buffer.from([0, 255]) } })
    expect(await answering.answer()).toEqual({
      topic: 'one/res',
      payload: 'answer',
      properties: { correlationData: Buffer.from([0, 255]) },
    })
    answering.request({ has: { responseTopic: 'other/res' } })
    expect(await answering.answer()).toEqual({ topic: 'other/res', payload: 'answer', properties: {} })
    expect(await stop(answering)).toEqual(ended)
    expect((await answering.peer.packet()).type).toBe('DISCONNECT')
  })

  it.each<[how: string, args: string[], payload: string]>([
    ['-m', ['-m', 'text'], 'text'],
    ['-n', ['-n'], ''],
    ['-s', ['-s'], 'all of\nstdin'],
    ['-f', ['-f', 'FILE'], 'a\0b\xff'],
    ['--echo', ['--echo'], 'question\0'],
    ['--exec', ['--exec', 'printf "%s: " "$MQTT_TOPIC"; cat'], 'req/a: question\0'],
  ])('answers with what %s says', async (_how, args, payload) => {
    const file = temporaryDirectory().write('payload', Buffer.from('a\0b\xff', 'latin1'))
    const words = args.map((word) => (word === 'FILE' ? file : word))
    const answering = await serve(words, { stdin: 'all of\nstdin' })
    answering.request({ payload: 'question\0' })
    expect((await answering.answer()).payload).toBe(payload)
    expect(await stop(answering)).toEqual(ended)
  })

  it('puts properties on each answer', async () => {
    const answering = await serve(['--echo', '-D', 'publish', 'content-type', 'text/plain'])
    answering.request({ has: { responseTopic: 'res', correlationData: Buffer.from('c'), contentType: 'not/copied' } })
    const properties = { contentType: 'text/plain', correlationData: Buffer.from('c') }
    expect((await answering.answer()).properties).toEqual(properties)
  })

  it('answers on -e what names no response topic', async () => {
    const answering = await serve(['--echo', '-e', 'fallback'])
    answering.request({ payload: 'x', has: {} })
    answering.request({ payload: 'y' })
    expect([await answering.answer(), await answering.answer()]).toMatchObject([
      { topic: 'fallback', payload: 'x' },
      { topic: 'res', payload: 'y' },
    ])
  })

  it('answers on -e before MQTT 5', async () => {
    const answering = await serve(['-V', '311', '--echo', '-e', 'res', '-q', '1'])
    answering.peer.publish({ topic: 'req/a', payload: 'x', qos: 1, packetId: 7 })
    const answer = readPublish(await answering.peer.packet('PUBLISH'), 4)
    expect(answer).toMatchObject({ topic: 'res', payload: Buffer.from('x'), qos: 1, retain: false })
    answering.peer.send(ack('PUBACK', answer.packetId!))
    expect(await readShort(answering.peer, 1)).toEqual(['PUBACK 7'])
  })

  it.each([
    [{}, 'it names no response topic (-e names one for such)'],
    [{ responseTopic: 'a/#' }, "it names 'a/#' as its response topic, which is none"],
    [{ responseTopic: '' }, "it names '' as its response topic, which is none"],
    [{ responseTopic: 'a\nb' }, "it names 'a\\nb' as its response topic, which is none"],
  ])('does not answer a request with %j, and says so', async (has, why) => {
    const answering = await serve(['--echo', '-q', '1'])
    answering.request({ topic: 'req/\x1b[2J', qos: 1, packetId: 7, has })
    // Nothing can be done about it, so it must not come again.
    expect(await readShort(answering.peer, 1)).toEqual(['PUBACK 7'])
    answering.request({ payload: 'x' })
    await answering.peer.packet('PUBLISH').then((packet) => {
      answering.peer.send(ack('PUBACK', readPublish(packet, 5).packetId!))
    })
    expect(await stop(answering)).toEqual({
      exit: 1,
      stdout: '',
      stderr: `tmqtt reply: the request on 'req/\\e[2J' was not answered: ${why}\ntmqtt reply: 1 of 2 requests were not answered\n`,
    })
  })

  it('leaves retained requests out with -R', async () => {
    const answering = await serve(['--echo', '-R'])
    answering.request({ payload: 'old', retain: true })
    answering.request({ payload: 'new' })
    expect((await answering.answer()).payload).toBe('new')
    expect(await stop(answering)).toEqual(ended)
  })

  it('leaves by itself after as many requests as -C says, when all are answered', async () => {
    const answering = await serve(['--exec', 'cat', '-C', '3'])
    const requests = ['x', 'y', 'z', 'one too many'].map((payload) =>
      publishPacket({ topic: 'req/a', payload, properties: bytesOf({ responseTopic: 'res' }) }),
    )
    answering.peer.send(Buffer.concat(requests))
    const answers = [await answering.answer(), await answering.answer(), await answering.answer()]
    expect(answers.map(({ payload }) => payload).sort()).toEqual(['x', 'y', 'z'])
    expect(await answering.cli.exit).toBe(0)
    expect((await answering.peer.packet()).type).toBe('DISCONNECT')
  })

  it('exits with 27 when -W ran out', async () => {
    const answering = await serve(['--echo', '-W', '1'])
    expect(await answering.cli.exit).toBe(27)
    expect(answering.cli.stderr).toBe('tmqtt reply: timed out after 1 s (-W)\n')
  })

  it('answers thousands of requests at once at QoS 1, more than may be unacknowledged', async () => {
    const count = 3000
    const answering = await serve(['--echo', '-q', '1', '-M', '10', '-C', String(count)])
    const requests = Array.from({ length: count }, (_, at) =>
      publishPacket({ topic: 'req/a', payload: String(at), properties: bytesOf({ responseTopic: 'res' }) }),
    )
    answering.peer.send(Buffer.concat(requests))
    for (let at = 0; at < count; at++) {
      const { payload, packetId } = readPublish(await answering.peer.packet('PUBLISH'), 5)
      expect(payload.toString()).toBe(String(at))
      answering.peer.send(ack('PUBACK', packetId!))
    }
    expect(await answering.cli.exit).toBe(0)
  })

  it('exits with the reason code when answers are rejected', async () => {
    const answering = await serve(['--echo', '-q', '1', '-C', '2'])
    for (const reasonCode of [0, 135]) {
      answering.request({})
      const { packetId } = readPublish(await answering.peer.packet('PUBLISH'), 5)
      answering.peer.send(ack('PUBACK', packetId!, reasonCode))
    }
    expect(await answering.cli.exit).toBe(135)
    expect(answering.cli.stderr).toContain('1 of 2 messages rejected: Not authorized (135)')
  })

  it('exits with the reason code when the subscription is refused', async () => {
    const server = await startScriptedBroker()
    const cli = runCli(['reply', '-L', server.url, '-t', 'req', '--echo'])
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(143)
    expect(await cli.exit).toBe(143)
    expect((await peer.packet()).type).toBe('DISCONNECT')
  })

  it('goes on after a lost connection, and answers again what it could not acknowledge', async () => {
    const server = await startScriptedBroker()
    const args = ['-t', 'req', '--exec', 'cat', '-q', '1', '--reconnect-delay', '1ms', '-c', '-i', 'me', '-C', '2']
    const cli = runCli(['reply', '-L', server.url, ...args])
    const first = await server.connection()
    await first.accept()
    await first.acceptSubscribe(1)
    const properties = bytesOf({ responseTopic: 'res' })
    const request = { topic: 'req', payload: 'x', qos: 1, packetId: 7, properties }
    first.publish(request)
    await first.packet('PUBLISH')
    await first.packet('PUBACK')
    first.destroy()
    const second = await server.connection()
    await second.accept({ sessionPresent: true })
    expect(await readShort(second, 1)).toEqual(['PUBLISH x 2 DUP'])
    second.send(ack('PUBACK', 2))
    second.publish({ ...request, dup: true })
    expect(await readShort(second, 2)).toEqual(['PUBLISH x 3', 'PUBACK 7'])
    second.send(ack('PUBACK', 3))
    expect(await cli.exit).toBe(0)
  })

  it('exits with 130 when an answer is not acknowledged at Ctrl-C, for there is no connection', async () => {
    const answering = await serve(['--echo', '-q', '1', '--reconnect-delay', '1h', '--reconnect-max-delay', '1h'])
    answering.request({ payload: 'x' })
    await answering.answer()
    answering.peer.destroy()
    await answering.cli.waitForStderr('trying again')
    expect((await stop(answering)).exit).toBe(130)
  })

  it('exits with 7 when the connection is lost for good, after the command has ended', async () => {
    const directory = temporaryDirectory()
    const command = `: >${directory.file('began')}; until [ -e ${directory.file('end')} ]; do sleep 0.01; done; : >${directory.file('ended')}`
    const answering = await serve(['--exec', command, '--reconnect', 'never'])
    answering.request({})
    await exists(directory.file('began'))
    answering.peer.destroy()
    await answering.peer.closed
    directory.write('end', '')
    expect(await answering.cli.exit).toBe(7)
    expect(existsSync(directory.file('ended'))).toBe(true)
    expect(answering.cli.stderr).toMatch(/^tmqtt reply: the connection to \S+ was lost.*\n$/)
  })

  describe('--exec', () => {
    it('runs as many commands at a time as --exec-limit says, and acknowledges in order', async () => {
      const directory = temporaryDirectory()
      const command = `cd ${directory.path}; p=$(cat); : >$p-began; until [ -e $p-may-end ]; do sleep 0.01; done; echo $p`
      const began = (name: string) => exists(directory.file(`${name}-began`))
      const answering = await serve(['--exec', command, '--exec-limit', '2', '-q', '1'])
      for (const [at, payload] of ['a', 'b', 'c'].entries()) answering.request({ payload, qos: 1, packetId: at + 1 })
      await Promise.all([began('a'), began('b')])
      directory.write('b-may-end', '')
      expect((await answering.answer()).payload).toBe('b\n')
      await began('c')
      directory.write('c-may-end', '')
      expect((await answering.answer()).payload).toBe('c\n')
      // Were one of them acknowledged already, that would come before this answer.
      answering.peer.send(ack('PUBREL', 99))
      expect(await readShort(answering.peer, 1)).toEqual(['PUBCOMP 99'])
      directory.write('a-may-end', '')
      expect((await answering.answer()).payload).toBe('a\n')
      expect(await readShort(answering.peer, 3)).toEqual(['PUBACK 1', 'PUBACK 2', 'PUBACK 3'])
      for (const id of [2, 3, 4]) answering.peer.send(ack('PUBACK', id))
      expect(await stop(answering)).toEqual(ended)
    })

    it('counts commands that fail, whose requests get no answer', async () => {
      const command = 'read -r what; echo "on stderr" >&2; $what'
      const answering = await serve(['--exec', command, '--exec-limit', '1', '-q', '1', '--exec-timeout', '1s'])
      for (const [at, payload] of ['exit 3', 'no-such-program', 'exec sleep 60', 'true'].entries())
        answering.request({ payload, qos: 1, packetId: at + 1 })
      expect(await readShort(answering.peer, 3)).toEqual(['PUBACK 1', 'PUBACK 2', 'PUBACK 3'])
      const answer = readPublish(await answering.peer.packet('PUBLISH'), 5)
      answering.peer.send(ack('PUBACK', answer.packetId!))
      expect(answer.payload.toString()).toBe('')
      const { exit, stderr } = await stop(answering)
      expect(exit).toBe(1)
      const said = stderr.split('\n').filter((line) => line.startsWith('tmqtt'))
      const not = "tmqtt reply: the request on 'req/a' was not answered: the command"
      expect(said).toEqual([
        `${not} ended with exit status 3`,
        `${not} ended with exit status 127`,
        `${not} did not end within 1 s (--exec-timeout)`,
        'tmqtt reply: 3 of 4 requests were not answered',
      ])
      expect(stderr.match(/^on stderr$/gm)).toHaveLength(4)
    })

    it('carries megabytes both ways', async () => {
      const answering = await serve(['--exec', 'cat'])
      const payload = randomBytes(3_000_000)
      answering.request({ payload })
      expect((await answering.answer()).payload).toBe(payload.toString('latin1'))
    })

    it('lets what runs end after Ctrl-C, answers, and takes no more', async () => {
      const directory = temporaryDirectory()
      const command = `: >${directory.file('began')}; until [ -e ${directory.file('end')} ]; do sleep 0.01; done; echo done`
      const answering = await serve(['--exec', command, '--exec-limit', '1', '-q', '1'])
      for (const packetId of [1, 2]) answering.request({ qos: 1, packetId })
      await exists(directory.file('began'))
      const stopping = stop(answering)
      answering.request({ qos: 1, packetId: 3 })
      directory.write('end', '')
      const answer = readPublish(await answering.peer.packet('PUBLISH'), 5)
      expect(answer.payload.toString()).toBe('done\n')
      answering.peer.send(ack('PUBACK', answer.packetId!))
      expect(await readShort(answering.peer, 2)).toEqual(['PUBACK 1', 'DISCONNECT'])
      expect(await stopping).toEqual(ended)
    })

    it('ends what does not end after Ctrl-C, leaves its request unacknowledged, and exits with 130', async () => {
      const directory = temporaryDirectory()
      const answering = await serve(['--exec', `: >${directory.file('began')}; exec sleep 60`, '-q', '1'])
      answering.request({ qos: 1, packetId: 1 })
      await exists(directory.file('began'))
      expect(await stop(answering)).toEqual({ exit: 130, stdout: '', stderr: 'tmqtt reply: interrupted\n' })
      expect(await readShort(answering.peer, 1)).toEqual(['DISCONNECT'])
    })

    it('stops reading while as many commands run as may', async () => {
      const directory = temporaryDirectory()
      const command = `: >${directory.file('began')}; until [ -e ${directory.file('end')} ]; do sleep 0.01; done; wc -c`
      const answering = await serve(['--exec', command, '--exec-limit', '1', '-C', '200'])
      const payload = Buffer.alloc(100_000)
      for (let count = 0; count < 200; count++) answering.request({ payload })
      await exists(directory.file('began'))
      // Time enough to read it all, if it did.
      for (let turn = 0; turn < 1000; turn++) await setImmediate()
      expect(answering.peer.socket.writableLength).toBeGreaterThan(5_000_000)
      directory.write('end', '')
      for (let count = 0; count < 200; count++) expect((await answering.answer()).payload.trim()).toBe('100000')
      expect(await answering.cli.exit).toBe(0)
    })
  })

  it.each<[says: string, argv: string[]]>([
    ['nothing to answer: name a topic filter by -t', ['--echo']],
    ['no answer: give --echo, --exec COMMAND, -m TEXT, -f FILE, -s (standard input) or -n (empty)', ['-t', 'a']],
    ["--echo and --exec can't be used together", ['-t', 'a', '--echo', '--exec', 'cat']],
    ["-m and --echo can't be used together", ['-t', 'a', '-m', 'x', '--echo']],
    ["-n and --exec can't be used together", ['-t', 'a', '-n', '--exec', 'cat']],
    ['--exec-limit needs --exec', ['-t', 'a', '--echo', '--exec-limit', '2']],
    ['--exec-timeout needs --exec', ['-t', 'a', '--echo', '--exec-timeout', '2']],
    ['--exec-limit: expected a whole number from 1 to 1000, got "0"', ['-t', 'a', '--exec', 'x', '--exec-limit', '0']],
    ['--exec-timeout: expected a time', ['-t', 'a', '--exec', 'x', '--exec-timeout', '0']],
    ['--exec: expected a command line for sh, got " "', ['-t', 'a', '--exec', ' ']],
    ['-e is missing: before MQTT 5 a request names no response topic', ['-t', 'a', '--echo', '-V', '311']],
    ['-e a/b: -t a/# matches it, so each answer would be answered again', ['-t', 'a/#', '--echo', '-e', 'a/b']],
    ['-e a/b: -t $share/g/a/+ matches it', ['-t', '$share/g/a/+', '--echo', '-e', 'a/b']],
    [
      '-D publish correlation-data: an answer has that of its request',
      [...['-t', 'a', '--echo', '-D', 'publish', 'correlation-data', 'x']],
    ],
    ['-f /nowhere/to/be/found: no such file', ['-t', 'a', '-f', '/nowhere/to/be/found']],
    ['-t: expected a topic filter', ['-t', 'a/#/b', '--echo']],
    ['unknown option -r', ['-t', 'a', '--echo', '-r']],
  ])('exits with 1 and says %s', async (says, argv) => {
    const cli = runCli(['reply', ...argv])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toContain(says)
    expect(cli.stderr).toMatch(/^tmqtt reply: [^\n]+\n$/)
  })
})
