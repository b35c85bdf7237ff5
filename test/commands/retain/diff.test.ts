import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startAedes } from '../../support/aedes.ts'
import { freePort } from '../../support/free-port.ts'
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { lengthPrefixed } from '../../support/packets.ts'
import { runCli } from '../../support/run.ts'
import { startScriptedBroker } from '../../support/scripted-peer.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { startRetainingBroker } from './retaining-broker.ts'

/** A configuration file with the profile `other`. */
function configuration(profile: object): string {
  return temporaryDirectory().write('config.json', JSON.stringify({ profiles: { other: profile } }))
}

async function diff(url: string, profile: object, args: readonly string[] = []) {
  const config = configuration(profile)
  const base = ['retain', 'diff', '-L', url, '--config', config, '--to', 'other', '--settle', '200ms']
  const cli = runCli([...base, ...args])
  return { exit: await cli.exit, stdout: cli.stdout.toString(), stderr: cli.stderr }
}

describe('retain diff', () => {
  it('prints nothing and exits with 0 when both have the same', async () => {
    const [one, other] = [
      await startRetainingBroker({ a: 'x', b: 'y' }),
      await startRetainingBroker({ b: 'y', a: 'x' }),
    ]
    expect(await diff(one.url, { url: other.url })).toEqual({ exit: 0, stdout: '', stderr: '' })
  })

  it('prints what is only here, only there, and different, sorted, and exits with 6', async () => {
    const one = await startRetainingBroker({ here: 'x', same: 'x', b: 'x' })
    const other = await startRetainingBroker({ there: 'x', b: 'y', same: 'x' })
    expect(await diff(one.url, { url: other.url })).toEqual({
      exit: 6,
      stdout: '~ b\n- here\n+ there\n',
      stderr: '',
    })
    const { stdout } = await diff(one.url, { url: other.url }, ['--json'])
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { topic: 'b', change: 'changed', differs: ['payload'] },
      { topic: 'here', change: 'removed' },
      { topic: 'there', change: 'added' },
    ])
    expect(await diff(one.url, { url: other.url }, ['-t', 'same', '-t', 'here'])).toMatchObject({ stdout: '- here\n' })
  })

  it('compares QoS and properties, but not the time that is left', async () => {
    const text = (value: string) => Buffer.from([3, ...lengthPrefixed(value)])
    const expiry = (seconds: number) => Buffer.from([2, 0, 0, 0, seconds])
    const [one, other] = [await startScriptedBroker(), await startScriptedBroker()]
    const answer = async (server: typeof one, qos: 0 | 1, type: string, seconds: number) => {
      const peer = await server.connection()
      await peer.accept()
      const messages = [
        { topic: 'qos', payload: 'x', retain: true, qos },
        { topic: 'type', payload: 'x', retain: true, properties: text(type) },
        { topic: 'expiry', payload: 'x', retain: true, properties: expiry(seconds) },
      ]
      await peer.acceptSubscribe(0)
      for (const message of messages) peer.publish({ ...message, qos: 0 })
      await peer.acceptUnsubscribe(0)
      await peer.acceptSubscribe(2, 2, 2)
      for (const message of messages) peer.publish(message)
    }
    const answering = Promise.all([answer(one, 0, 'a', 5), answer(other, 1, 'b', 9)])
    const { exit, stdout } = await diff(one.url, { url: other.url }, ['--json'])
    await answering
    expect([
      exit,
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ]).toEqual([
      6,
      [
        { topic: 'qos', change: 'changed', differs: ['qos'] },
        { topic: 'type', change: 'changed', differs: ['properties'] },
      ],
    ])
  })

  it('takes for the other broker the profile alone, with its secrets, and not the environment', async () => {
    const one = await startRetainingBroker({ a: 'x' })
    const { urls } = await startAedes({ password: { username: 'joe', password: 'hunter2' } })
    const password = temporaryDirectory().write('secret', 'hunter2\n')
    const config = configuration({ url: urls.tcp, username: 'joe', password: { file: password } })
    const cli = runCli(['retain', 'diff', '--config', config, '--to', 'other', '--settle', '200ms'], {
      env: { TMQTT_URL: one.url, TMQTT_USERNAME: 'nobody' },
    })
    expect([await cli.exit, cli.stdout.toString(), cli.stderr]).toEqual([6, '- a\n', ''])
  })

  it('finds the profile in the usual configuration file', async () => {
    const [one, other] = [await startRetainingBroker({ a: 'x' }), await startRetainingBroker({ a: 'x' })]
    const home = temporaryDirectory()
    mkdirSync(home.file('.config/tmqtt'), { recursive: true })
    home.write('.config/tmqtt/config.json', JSON.stringify({ profiles: { other: { url: other.url } } }))
    const cli = runCli(['retain', 'diff', '-L', one.url, '--to', 'other', '--settle', '200ms'], {
      env: { HOME: home.path },
    })
    expect([await cli.exit, cli.stdout.toString()]).toEqual([0, ''])
  })

  it('says which profile is not there, and that one has to be named', async () => {
    const config = configuration({})
    const missing = runCli(['retain', 'diff', '--config', config, '--to', 'nothing'])
    expect(await missing.exit).toBe(1)
    expect(missing.stderr).toMatch(/^tmqtt retain diff: .*nothing/)
    const none = runCli(['retain', 'diff', '--config', config])
    expect(await none.exit).toBe(1)
    expect(none.stderr).toContain('--to is missing')
  })

  it('exits with 3 when the other broker cannot be reached', async () => {
    const one = await startRetainingBroker({ a: 'x' })
    const port = await freePort()
    const { exit, stdout, stderr } = await diff(one.url, { host: '127.0.0.1', port })
    expect([exit, stdout, stderr]).toEqual([3, '', expect.stringContaining(`cannot reach 127.0.0.1:${port}`)])
    await one.peer.closed
  })

  it('exits with the reason code when the other broker refuses the subscription', async () => {
    const one = await startRetainingBroker({ a: 'x' })
    const other = await startRetainingBroker({ a: 'x' }, { suback: () => 135 })
    expect(await diff(one.url, { url: other.url })).toMatchObject({ exit: 135, stdout: '' })
  })

  it('exits with 27 when one of the brokers never ends', async () => {
    const one = await startRetainingBroker({ a: 'x' })
    const other = await startRetainingBroker({})
    expect(await diff(one.url, { url: other.url }, ['--settle', '1m', '-W', '500ms'])).toMatchObject({ exit: 27 })
  })

  it('exits with 6 when they differ and nobody reads', async () => {
    const [one, other] = [await startRetainingBroker({ a: 'x' }), await startRetainingBroker({})]
    const args = ['--config', configuration({ url: other.url }), '--to', 'other', '--settle', '200ms']
    const cli = runCli(['retain', 'diff', '-L', one.url, ...args])
    cli.closeStdout()
    expect([await cli.exit, cli.stderr]).toEqual([6, ''])
  })

  it.skipIf(!hasMosquitto)('tells mosquitto from the embedded broker, of which one speaks MQTT 5', async () => {
    const [mosquitto, aedes] = [await startMosquitto(), await startAedes()]
    for (const [url, topics] of [
      [mosquitto.urls.tcp, ['a', 'b']],
      [aedes.urls.tcp, ['b', 'c']],
    ] as const) {
      for (const topic of topics)
        expect(await runCli(['pub', '-L', url, '-r', '-q', '1', '-t', topic, '-m', 'x']).exit).toBe(0)
    }
    expect(await diff(mosquitto.urls.tcp, { url: aedes.urls.tcp })).toEqual({
      exit: 6,
      stdout: '- a\n+ c\n',
      stderr: '',
    })
  })
})
