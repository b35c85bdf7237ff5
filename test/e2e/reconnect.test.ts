import { describe, expect, it } from 'vitest'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { spawnTmqtt } from '../support/spawn.ts'

describe.skipIf(!hasMosquitto)('a broker that is killed and comes back', () => {
  it.each(['311', '5'])('does not end sub, which subscribes again, with -V %s', async (version) => {
    const broker = await startMosquitto()
    const at = ['-L', broker.urls.tcp, '-V', version, '-t', 't']
    const subscriber = spawnTmqtt(['sub', ...at, '-i', 'c1', '--reconnect-delay', '50ms'])
    await broker.waitForLog('Sending SUBACK to c1')
    await spawnTmqtt(['pub', ...at, '-m', 'before']).exited
    expect(await subscriber.nextLine()).toBe('before')
    await broker.kill('SIGKILL')
    await subscriber.waitForStderr(/^tmqtt sub: the connection to \S+ was lost.*; trying again in [\d.]+ s\n/)
    await broker.restart()
    await broker.waitForLog('Sending SUBACK to c1')
    await spawnTmqtt(['pub', ...at, '-m', 'back']).exited
    expect(await subscriber.nextLine()).toBe('back')
    await subscriber.waitForStderr(/tmqtt sub: connected again\n$/)
    subscriber.kill('SIGINT')
    expect(await subscriber.exited).toEqual({ code: 0, signal: null })
  })

  it.each(['1', '2'])('loses no line of pub -l at QoS %s', async (qos) => {
    const config = ['max_queued_messages 1000', 'autosave_interval 1', 'autosave_on_changes true']
    const broker = await startMosquitto({ persistence: true, config })
    const at = ['-L', broker.urls.tcp, '-t', 't', '--reconnect-delay', '50ms']
    const subscriber = spawnTmqtt(['sub', ...at, '-i', 'keeper', '-c', '-q', '1'])
    await broker.waitForLog('Sending SUBACK to keeper')
    const publisher = spawnTmqtt(['pub', ...at, '-l', '-i', 'p1', '-q', qos])
    const feed = (from: number, to: number) => {
      for (let line = from; line <= to; line++) publisher.stdin.write(`line ${line}\n`)
    }

    feed(1, 100)
    await subscriber.waitForStdout('line 100\n')
    // Sent, but never acknowledged.
    broker.pause()
    feed(101, 200)
    await broker.kill('SIGKILL')
    await publisher.waitForStderr('trying again')
    feed(201, 300)
    await broker.restart()
    feed(301, 400)
    publisher.stdin.end()
    const { code } = await publisher.exited
    expect(publisher.stderr).toContain('tmqtt pub: connected again\n')
    // A broker that has forgotten the session may have had them.
    if (qos === '2' && code !== 0)
      expect(publisher.stderr).toMatch(/\d messages at QoS 2 may have been delivered twice/)
    expect(code, publisher.stderr).toBe(publisher.stderr.includes('delivered twice') ? 7 : 0)

    await subscriber.waitForStdout('line 400\n')
    subscriber.kill('SIGTERM')
    expect(await subscriber.exited).toEqual({ code: 0, signal: null })
    const lines = subscriber.stdout.toString().trimEnd().split('\n')
    expect([...new Set(lines)]).toEqual(Array.from({ length: 400 }, (_, at) => `line ${at + 1}`))
  })
})

describe('a connection that is lost before SUBACK', () => {
  it('does not end sub, which connects and subscribes again', async () => {
    const server = await startScriptedBroker()
    const subscriber = spawnTmqtt(['sub', '-L', server.url, '-t', 't', '-C', '1', '--reconnect-delay', '50ms'])
    const first = await server.connection()
    await first.accept()
    await first.packet('SUBSCRIBE')
    first.destroy()
    const ended = subscriber.exited.then(() => Promise.reject(new Error(`sub has ended: ${subscriber.stderr}`)))
    const second = await Promise.race([server.connection(), ended])
    ended.catch(() => {})
    await second.accept()
    await second.acceptSubscribe(0)
    second.publish({ topic: 't', payload: 'x' })
    expect(await subscriber.exited).toEqual({ code: 0, signal: null })
    expect(subscriber.stdout.toString()).toBe('x\n')
  })
})
