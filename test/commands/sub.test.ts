import { describe, expect, it } from 'vitest'
import { knownAedes } from '../brokers/known-broker.ts'
import { readShort } from '../mqtt/client.ts'
import { publishPacket } from '../support/packets.ts'
import { runCli } from '../support/run.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'

describe('sub', () => {
  it('prints the filter in a field of its width', async () => {
    const { url, subscribed } = await knownAedes()
    const subscriber = runCli(['sub', '-L', url, '-t', 'a/#', '-C', '1', '-F', '[%10{filter}]'])
    await subscribed('a/#')
    expect(await runCli(['pub', '-L', url, '-t', 'a/b', '-m', 'x']).exit).toBe(0)
    expect(await subscriber.exit).toBe(0)
    expect(subscriber.stdout.toString()).toBe('[       a/#]\n')
  })

  it('prints JSON in JSON with %J, indented with --pretty, and says on stderr what is none', async () => {
    const { url, subscribed } = await knownAedes()
    const subscriber = runCli(['sub', '-L', url, '-t', 'a/+', '-C', '2', '-F', '%q%J', '--pretty'])
    await subscribed('a/+')
    expect(await runCli(['pub', '-L', url, '-t', 'a/b', '-m', '{1}']).exit).toBe(0)
    expect(await runCli(['pub', '-L', url, '-t', 'a/c', '-m', '{"x":1.0}']).exit).toBe(0)
    expect(await subscriber.exit).toBe(0)
    expect(subscriber.stdout.toString()).toMatch(/^0\n0\{\n\t"tst":\t".*\n\t"payload":\t\{\n\t\t"x":\t1\n\t\}\n\}\n$/s)
    expect(subscriber.stderr).toBe(
      "tmqtt sub: the payload on topic 'a/b' is not valid JSON, so %J prints nothing for it\n",
    )
  })

  it('prints all retained messages of every filter with --per-filter and --retained-only', async () => {
    const server = await startScriptedBroker()
    const args = ['-t', 'r/#', '-t', 'r/+', '--per-filter', '--retained-only', '-F', '%{filter} %p']
    const subscriber = runCli(['sub', '-L', server.url, ...args])
    const first = await server.connection()
    await first.accept()
    await first.acceptSubscribe(0)
    const second = await server.connection()
    await second.accept()
    const live = publishPacket({ topic: 'r/2', payload: 'live' })
    // The first connection is through with its retained messages before the second has any.
    first.send(Buffer.concat([publishPacket({ topic: 'r/1', payload: 'kept', retain: true }), live]))
    await second.acceptSubscribe(0)
    await subscriber.waitForStdout('r/# kept\n')
    second.send(Buffer.concat([publishPacket({ topic: 'r/1', payload: 'kept', retain: true }), live]))
    expect(await subscriber.exit).toBe(0)
    expect(subscriber.stdout.toString()).toBe('r/# kept\nr/+ kept\n')
  })

  it('prints what came before a malformed packet, then exits with 7', async () => {
    const server = await startScriptedBroker()
    const subscriber = runCli(['sub', '-L', server.url, '-t', 'a'])
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.together(() => {
      peer.publish({ topic: 'a', payload: 'sound' })
      peer.publish({ topic: 'a', qos: 3 })
    })
    expect(await subscriber.exit).toBe(7)
    expect(subscriber.stdout.toString()).toBe('sound\n')
    expect(subscriber.stderr).toMatch(/^tmqtt sub: \S+ does not speak MQTT as it should: it sent PUBLISH with QoS 3\n$/)
  })

  it.each(['311', '5'])('leaves with -C unacknowledged what it does not print, -V %s', async (version) => {
    const server = await startScriptedBroker()
    const subscriber = runCli(['sub', '-L', server.url, '-V', version, '-t', 'a', '-q', '1', '-C', '2'])
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(1)
    peer.together(() => {
      for (const packetId of [1, 2, 3]) peer.publish({ topic: 'a', payload: String(packetId), qos: 1, packetId })
    })
    expect(await readShort(peer, 3)).toEqual(['PUBACK 1', 'PUBACK 2', 'DISCONNECT'])
    expect(await subscriber.exit).toBe(0)
    expect(subscriber.stdout.toString()).toBe('1\n2\n')
  })

  it('asks with -C for no more messages at a time than it prints, with MQTT 5', async () => {
    const server = await startScriptedBroker()
    runCli(['sub', '-L', server.url, '-V', '5', '-t', 'a', '-C', '2'])
    const { body } = await (await server.connection()).accept()
    // Receive Maximum, the only property.
    expect([...body.subarray(10, 14)]).toEqual([3, 0x21, 0, 2])
  })
})
