import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startAedes } from '../../support/aedes.ts'
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { lengthPrefixed } from '../../support/packets.ts'
import { type RunOptions, runCli } from '../../support/run.ts'
import { startScriptedBroker } from '../../support/scripted-peer.ts'
import { startRetainingBroker } from './retaining-broker.ts'

async function list(url: string, args: readonly string[] = [], options?: RunOptions) {
  const cli = runCli(['retain', 'list', '-L', url, '--settle', '300ms', ...args], options)
  return { exit: await cli.exit, stdout: cli.stdout.toString(), stderr: cli.stderr }
}

async function publish(url: string, ...args: readonly string[]): Promise<void> {
  expect(await runCli(['pub', '-L', url, '-q', '1', '-r', ...args]).exit).toBe(0)
}

describe('retain list', () => {
  it('prints topics and sizes, of all topics unless told, and leaves', async () => {
    const broker = await startRetainingBroker({ 'a/b': 'x', c: 'é', $internal: 'y' })
    expect(await list(broker.url)).toEqual({ exit: 0, stdout: 'a/b\t1\nc\t2\n', stderr: '' })
    expect(await list(broker.url, ['-t', 'a/#'])).toMatchObject({ exit: 0, stdout: 'a/b\t1\n' })
    expect(await list(`${broker.url}/c`)).toMatchObject({ exit: 0, stdout: 'c\t2\n' })
    expect(await list(broker.url, ['-t', '$internal'])).toMatchObject({ stdout: '$internal\t1\n' })
  })

  it('leaves out topics with $ that a broker sends for # against the rules', async () => {
    const broker = await startRetainingBroker(
      { a: 'x' },
      {
        subscribed: (_filters, { peer }) => {
          peer.publish({ topic: '$SYS/uptime', payload: '1', retain: true })
          peer.publish({ topic: 'a', payload: 'x', retain: true })
        },
      },
    )
    expect((await list(broker.url)).stdout).toBe('a\t1\n')
  })

  it('prints a topic once where filters overlap', async () => {
    const broker = await startRetainingBroker({ 'a/b': 'x', 'a/c': 'y' })
    expect((await list(broker.url, ['-t', 'a/+', '-t', '#', '-t', 'a/b'])).stdout).toBe('a/b\t1\na/c\t1\n')
  })

  it('says on stderr when there are none', async () => {
    const broker = await startRetainingBroker({})
    const stderr = 'tmqtt retain list: no retained messages\n'
    expect(await list(broker.url)).toEqual({ exit: 0, stdout: '', stderr })
    expect(await list(broker.url, ['--json'])).toEqual({ exit: 0, stdout: '', stderr })
  })

  it('takes only what is retained, and does not wait for the rest to end', async () => {
    let flows = true
    const broker = await startRetainingBroker(
      {},
      {
        subscribed: async (_filters, { peer }) => {
          peer.publish({ topic: 'a', payload: 'x', retain: true })
          peer.publish({ topic: 'cleared', payload: '', retain: true })
          for (; flows; await setImmediate()) peer.publish({ topic: 'b', payload: 'live' })
        },
      },
    )
    expect(await list(broker.url)).toEqual({ exit: 0, stdout: 'a\t1\n', stderr: '' })
    flows = false
  })

  it('takes what comes before SUBACK', async () => {
    const server = await startScriptedBroker()
    const listing = list(server.url)
    const peer = await server.connection()
    await peer.accept()
    const subscribe = await peer.packet('SUBSCRIBE')
    peer.publish({ topic: 'early', payload: 'x', retain: true })
    peer.suback(subscribe.body.readUInt16BE(0), [0])
    peer.publish({ topic: 'late', payload: 'x', retain: true })
    await peer.acceptUnsubscribe(0)
    expect(await listing).toEqual({ exit: 0, stdout: 'early\t1\nlate\t1\n', stderr: '' })
  })

  it('speaks MQTT 5, and 3.1.1 where the broker refuses that, unless -V chooses', async () => {
    const modern = await startRetainingBroker({ a: 'x' })
    await list(modern.url)
    expect(modern.log[0]).toBe('CONNECT 5')
    const old = await startRetainingBroker({ a: 'x' }, { onlyMqtt3: true })
    expect(await list(old.url)).toEqual({ exit: 0, stdout: 'a\t1\n', stderr: '' })
    expect(old.log.slice(0, 2)).toEqual(['CONNECT 5', 'CONNECT 4'])
    expect(await list(old.url, ['-V', '5'])).toMatchObject({ exit: 132 })
    const { broker, urls } = await startAedes()
    await publish(urls.tcp, '-t', 'a', '-m', 'x')
    expect(await list(urls.tcp)).toEqual({ exit: 0, stdout: 'a\t1\n', stderr: '' })
    expect(broker.connectedClients).toBe(0)
  })

  it('prints with --json the whole messages', async () => {
    const server = await startScriptedBroker()
    const listing = list(server.url, ['--json'])
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.publish({ topic: 'a', payload: 'x', retain: true })
    await peer.acceptUnsubscribe(0)
    const { body } = await peer.acceptSubscribe(2)
    expect(body.subarray(-4)).toEqual(Buffer.from([...lengthPrefixed('a'), 2]))
    const properties = Buffer.from([3, ...lengthPrefixed('text/plain')])
    peer.publish({ topic: 'a', payload: Buffer.from([0xff]), retain: true, qos: 2, properties })
    const { exit, stdout } = await listing
    expect(exit).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      topic: 'a',
      payload: '/w==',
      encoding: 'base64',
      qos: 2,
      retain: true,
      properties: { contentType: 'text/plain' },
    })
  })

  it('makes control characters visible on a terminal, and only there', async () => {
    const broker = await startRetainingBroker({ 'a\x1b[2J': 'x' })
    expect((await list(broker.url, [], { stdoutIsTTY: true })).stdout).toBe('a\\e[2J\t1\n')
    expect((await list(broker.url)).stdout).toBe('a\x1b[2J\t1\n')
  })

  it('ends quietly when nobody reads', async () => {
    const broker = await startRetainingBroker({ a: 'x' })
    const cli = runCli(['retain', 'list', '-L', broker.url, '--settle', '300ms'])
    cli.closeStdout()
    expect([await cli.exit, cli.stderr]).toEqual([0, ''])
  })

  it('exits with the reason code when one of the filters is refused', async () => {
    const broker = await startRetainingBroker({ a: 'x' }, { suback: (filter) => (filter === 'b' ? 135 : 0) })
    expect(await list(broker.url, ['-t', 'a', '-t', 'b'])).toMatchObject({
      exit: 135,
      stderr: "tmqtt retain list: subscription to 'b' refused: Not authorized (135)\n",
    })
  })

  it('exits with 3 when SUBACK does not come in time', async () => {
    const server = await startScriptedBroker()
    const listing = list(server.url, ['--connect-timeout', '300ms'])
    await (await server.connection()).accept()
    expect(await listing).toMatchObject({ exit: 3, stderr: expect.stringContaining('SUBSCRIBE') })
  })

  it('exits with 7 when the connection is lost', async () => {
    const broker = await startRetainingBroker({ a: 'x' }, { subscribed: (_filters, { peer }) => peer.destroy() })
    expect(await list(broker.url)).toMatchObject({ exit: 7, stderr: expect.stringContaining('was lost') })
  })

  it('goes on at a new connection with --reconnect, and prints no topic twice', async () => {
    let times = 0
    const broker = await startRetainingBroker(
      { a: 'x', b: 'y' },
      {
        subscribed: (filters, { peer, sendRetained }) => {
          if (times++ > 0) return sendRetained(filters)
          sendRetained(['a'])
          peer.end()
        },
      },
    )
    const { exit, stdout } = await list(broker.url, ['--reconnect', '3', '--reconnect-delay', '1ms'])
    expect([exit, stdout]).toEqual([0, 'a\t1\nb\t1\n'])
  })

  it('exits with 27 when the retained messages do not end in the time of -W', async () => {
    let flows = true
    const broker = await startRetainingBroker(
      {},
      {
        subscribed: async (_filters, { peer }) => {
          for (let at = 0; flows; at++, await setImmediate())
            peer.publish({ topic: `t/${at}`, payload: 'x', retain: true })
        },
      },
    )
    expect(await list(broker.url, ['-W', '600ms'])).toMatchObject({
      exit: 27,
      stderr: 'tmqtt retain list: timed out after 0.6 s (-W)\n',
    })
    flows = false
  })

  it('exits with 130 at Ctrl-C', async () => {
    const broker = await startRetainingBroker({ a: 'x' })
    const cli = runCli(['retain', 'list', '-L', broker.url, '--settle', '10m'])
    await cli.waitForStdout('a\t1\n')
    cli.abort('SIGINT')
    expect([await cli.exit, cli.stderr]).toEqual([130, 'tmqtt retain list: interrupted\n'])
  })

  it.skipIf(!hasMosquitto)('has more messages than mosquitto queues, with their QoS and properties', async () => {
    const broker = await startMosquitto({ quiet: true, config: ['max_queued_messages 100'] })
    const count = 1500
    const lines = Array.from({ length: count }, (_, at) =>
      JSON.stringify({
        topic: `t/${at}`,
        payload: String(at),
        qos: at % 3,
        retain: true,
        properties: { userProperties: [['n', String(at)]] },
      }),
    )
    expect(await runCli(['pub', '-L', broker.urls.tcp, '-V', '5', '--json'], { stdin: lines.join('\n') }).exit).toBe(0)
    const { exit, stdout } = await list(broker.urls.tcp, ['--json'])
    expect(exit).toBe(0)
    const found = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const short = found.map(({ topic, payload, qos, retain, properties }) => ({
      topic,
      payload,
      qos,
      retain,
      properties,
    }))
    expect(short.map((each) => JSON.stringify(each)).sort()).toEqual(lines.sort())
  })
})
