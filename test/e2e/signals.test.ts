import { describe, expect, it } from 'vitest'
import { knownAedes } from '../brokers/known-broker.ts'
import { startAedes } from '../support/aedes.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { spawnShell, spawnTmqtt } from '../support/spawn.ts'
import { failureOf } from './failure.ts'

describe('sub', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('says DISCONNECT and exits with 0 after %s', async (signal) => {
    const server = await startScriptedBroker()
    const subscriber = spawnTmqtt(['sub', '-L', server.url, '-t', 't'])
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.publish({ topic: 't', payload: 'ready' })
    await subscriber.nextLine()
    subscriber.kill(signal)
    await peer.packet('DISCONNECT')
    expect(await subscriber.exited).toEqual({ code: 0, signal: null })
    expect(subscriber.stderr).toBe('')
  })

  it.skipIf(!hasMosquitto).each([
    ['SIGINT', '311'],
    ['SIGTERM', '311'],
    ['SIGINT', '5'],
  ] as const)('leaves mosquitto in order after %s with -V %s', async (signal, version) => {
    const broker = await startMosquitto()
    const at = ['-L', broker.urls.tcp, '-V', version, '-t', 't']
    const subscriber = spawnTmqtt(['sub', ...at, '-i', 'c1'])
    await broker.waitForLog('Sending SUBACK to c1')
    await spawnTmqtt(['pub', ...at, '-m', 'ready']).exited
    await subscriber.nextLine()
    subscriber.kill(signal)
    expect(await subscriber.exited).toEqual({ code: 0, signal: null })
    await broker.waitForLog('Received DISCONNECT from c1')
  })

  it('waits for a command that runs, but after a second signal for nothing, not even DISCONNECT', async () => {
    const server = await startScriptedBroker()
    const untilItEnds = 'echo begun; while kill -0 $PPID 2>/dev/null; do sleep 0.05; done'
    const subscriber = spawnTmqtt(['sub', '-L', server.url, '-t', 't', '--exec', untilItEnds])
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.publish({ topic: 't' })
    await subscriber.waitForStdout('begun')
    // Whichever comes first.
    subscriber.kill('SIGINT')
    subscriber.kill('SIGTERM')
    expect([130, 143]).toContain((await subscriber.exited).code)
    await expect(peer.packet()).rejects.toThrow(/the client closed|the connection broke/)
  })

  it('exits with 130 after SIGINT while it still connects', async () => {
    const server = await startScriptedBroker()
    const subscriber = spawnTmqtt(['sub', '-L', server.url, '-t', 't'])
    const peer = await server.connection()
    await peer.packet('CONNECT')
    subscriber.kill('SIGINT')
    expect((await failureOf(subscriber)).code).toBe(130)
    await peer.closed
  })

  it('says DISCONNECT and exits with 143 after SIGTERM while it waits for SUBACK', async () => {
    const server = await startScriptedBroker()
    const subscriber = spawnTmqtt(['sub', '-L', server.url, '-t', 't'])
    const peer = await server.connection()
    await peer.accept()
    await peer.packet('SUBSCRIBE')
    subscriber.kill('SIGTERM')
    await peer.packet('DISCONNECT')
    expect((await failureOf(subscriber)).code).toBe(143)
  })

  it('ends quietly with 0 when its reader has gone and the next message comes', async () => {
    const broker = await startAedes()
    const publish = (payload: string) =>
      broker.broker.publish({ cmd: 'publish', topic: 't', payload, qos: 0, retain: false, dup: false }, () => {})
    broker.broker.once('subscribe', () => publish('one'))
    const script = `tmqtt sub -t '#' | head -1; echo "status \${PIPESTATUS[*]}"`
    const pipeline = spawnShell(script, { TMQTT_HOST: '127.0.0.1', TMQTT_PORT: String(broker.ports.tcp) })
    await pipeline.waitForStdout('one\n')
    // head may take its time to go, so one more message need not be enough.
    const timer = setInterval(() => publish('more'), 20)
    expect(await pipeline.exited).toEqual({ code: 0, signal: null })
    clearInterval(timer)
    expect(pipeline.stdout.toString()).toBe('one\nstatus 0 0\n')
    expect(pipeline.stderr).toBe('')
  })
})

describe('pub -l', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('exits after %s with %d, with what it has read published', async (signal, code) => {
    const broker = await knownAedes()
    const watcher = spawnTmqtt(['sub', '-L', broker.url, '-t', 't', '-q', '1', '-C', '2'])
    await broker.subscribed('t')
    const publisher = spawnTmqtt(['pub', '-L', broker.url, '-t', 't', '-q', '1', '-l'])
    publisher.stdin.write('one\ntwo\n')
    expect(await watcher.exited).toEqual({ code: 0, signal: null })
    publisher.kill(signal)
    const failure = await failureOf(publisher)
    expect(failure.code).toBe(code)
    expect(failure.says).toContain(`interrupted by ${signal}`)
  })
})
