import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { encodeProperties } from '../../src/mqtt/properties.ts'
import type { Property } from '../../src/mqtt/property-table.ts'
import { knownAedes } from '../brokers/known-broker.ts'
import { readShort } from '../mqtt/client.ts'
import { ack, type Publish, publishPacket } from '../support/packets.ts'
import { type RunOptions, runCli } from '../support/run.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** A run that is subscribed. */
async function subscribe(args: readonly string[], options?: RunOptions) {
  const server = await startScriptedBroker()
  const cli = runCli(['sub', '-L', server.url, '-t', '#', ...args], options)
  const peer = await server.connection()
  await peer.accept()
  await peer.acceptSubscribe(0)
  return { cli, peer }
}

function together(publishes: readonly (Partial<Publish> & Pick<Publish, 'topic'>)[]): Buffer {
  return Buffer.concat(publishes.map((publish) => publishPacket(publish)))
}

/** Resolves when there is a file of this name, which a command makes. */
async function exists(path: string): Promise<void> {
  await vi.waitFor(() => expect(existsSync(path)).toBe(true), { timeout: 9000 })
}

describe('sub --exec', () => {
  it('runs the command for each message, in order, and prints what it prints', async () => {
    const { cli, peer } = await subscribe(['--exec', 'printf "[%s] " "$MQTT_TOPIC"; cat; echo', '-C', '3'])
    peer.send(together(['x', '', 'z'].map((payload) => ({ topic: `t/${payload}`, payload }))))
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toBe('[t/x] x\n[t/] \n[t/z] z\n')
    expect(cli.stderr).toBe('')
  })

  const hostile = [
    ...[
      '$(touch pwned)',
      '`touch pwned`',
      '; touch pwned',
      '| touch pwned',
      '& touch pwned',
      '> pwned',
      "'; touch pwned; '",
    ],
    ...[
      '"; touch pwned; "',
      'a\ntouch pwned\n',
      '--help',
      '-rf',
      '../../etc/passwd',
      '~',
      '*',
      '$HOME',
      '%s%n',
      '\\',
      '\x1b[2J',
    ],
    ...['() { :; }; touch pwned', '=', 'ä€😀', ' a  b ', '\r\n', '!!'],
  ]
  it('hands over what a message holds as data, whatever it holds', async () => {
    const directory = temporaryDirectory()
    const command = [
      `cd ${directory.path}`,
      'printf "%s\\0" "$MQTT_TOPIC" "$MQTT_CONTENT_TYPE" "$MQTT_RESPONSE_TOPIC" "$MQTT_USER_PROPERTIES"',
      'printf "%s\\0" "$MQTT_USER_PROPERTY_NAME_1" "$MQTT_USER_PROPERTY_VALUE_1" "$MQTT_CORRELATION_DATA"',
      'cat',
      'printf "\\0"',
    ].join('; ')
    const { cli, peer } = await subscribe(['-V', '5', '--exec', command, '-C', String(hostile.length)])
    for (const text of hostile) {
      const properties: Property[] = [
        ['content-type', text],
        ['response-topic', text],
        ['user-property', [text, text]],
        ['correlation-data', Buffer.from(`\0${text}`)],
      ]
      const encoded = encodeProperties(properties)
      const start = encoded.findIndex((byte) => byte < 0x80) + 1
      const topic = text.replaceAll(/[+#]/g, '')
      peer.publish({ topic, payload: text, properties: encoded.subarray(start) })
    }
    expect(await cli.exit, cli.stderr).toBe(0)
    const seen = cli.stdout.toString().split('\0')
    const expected = hostile.flatMap((text) => {
      return [text, text, text, '1', text, text, Buffer.from(`\0${text}`).toString('base64'), text]
    })
    expect(seen).toEqual([...expected, ''])
    expect(readdirSync(directory.path)).toEqual([])
  })

  it('carries NUL in a payload, and is not reached by a property with NUL', async () => {
    const { cli, peer } = await subscribe(['-V', '5', '--exec', 'od -An -c', '--reconnect', 'never'])
    peer.publish({ topic: 't', payload: 'a\0b' })
    await cli.waitForStdout('b\n')
    const withNul = encodeProperties([['content-type', 'a\0b']]).subarray(1)
    peer.publish({ topic: 't', payload: 'lost', properties: withNul })
    expect(await cli.exit).toBe(7)
    expect(cli.stdout.toString().trim().split(/\s+/)).toEqual(['a', '\\0', 'b'])
    expect(cli.stderr).toContain('NUL')
  })

  it('does not run for more properties than an environment can hold, and goes on', async () => {
    const { cli, peer } = await subscribe(['-V', '5', '--exec', 'echo "$MQTT_USER_PROPERTIES"', '-C', '2'])
    const pair = encodeProperties([['user-property', ['name', 'value']]]).subarray(1)
    peer.publish({ topic: 'many', properties: Buffer.concat(Array<Buffer>(100_000).fill(pair)) })
    peer.publish({ topic: 'few', properties: pair })
    expect(await cli.exit).toBe(1)
    expect(cli.stdout.toString()).toBe('1\n')
    expect(cli.stderr).toBe(
      "tmqtt sub: the command for the message on 'many' cannot be run: its arguments and its environment are too long\n" +
        'tmqtt sub: 1 of 2 commands failed\n',
    )
  })

  it('passes the environment on, but no credentials', async () => {
    const env = {
      PATH: process.env.PATH,
      TMQTT_PASSWORD: 'hunter2',
      TMQTT_USERNAME: 'joe',
      TMQTT_WILL_TOPIC: 'w',
      MQTT_RESPONSE_TOPIC: 'outer',
      OTHER: 'x',
    }
    const { cli, peer } = await subscribe(['--exec', 'env | grep -v "^_=" | sort', '-C', '1'], { env })
    peer.publish({ topic: 't' })
    expect(await cli.exit).toBe(0)
    const names = cli.stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.slice(0, line.indexOf('=')))
    const of = (prefix: RegExp) => names.filter((name) => prefix.test(name))
    expect(of(/^(TMQTT|MQTT|OTHER|PATH)/)).toEqual([
      ...['MQTT_FILTER', 'MQTT_QOS', 'MQTT_RETAIN', 'MQTT_TOPIC', 'MQTT_USER_PROPERTIES', 'OTHER', 'PATH'],
      ...['TMQTT_USERNAME', 'TMQTT_WILL_TOPIC'],
    ])
  })

  it('passes no variable on that a profile has the password from', async () => {
    const home = temporaryDirectory()
    mkdirSync(home.file('.config/tmqtt'), { recursive: true })
    const p = { password: { env: 'SECRET' }, username: { env: 'WHO' } }
    home.write('.config/tmqtt/config.json', JSON.stringify({ profiles: { p } }))
    const env = { HOME: home.path, PATH: process.env.PATH, SECRET: 'hunter2', WHO: 'joe' }
    const { cli, peer } = await subscribe(['--profile', 'p', '--exec', 'echo "$SECRET|$WHO"', '-C', '1'], { env })
    peer.publish({ topic: 't' })
    expect(await cli.exit, cli.stderr).toBe(0)
    expect(cli.stdout.toString()).toBe('|joe\n')
  })

  it('has no credentials of a URL in the environment either, but a URL without', async () => {
    const { cli, peer } = await subscribe(['--exec', 'echo "$TMQTT_URL|$TMQTT_PROXY"', '-C', '1'], {
      env: { TMQTT_URL: 'mqtt://joe:hunter2@example.org', PATH: process.env.PATH },
    })
    peer.publish({ topic: 't' })
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toBe('|\n')
    const other = await subscribe(['--exec', 'echo "$TMQTT_URL"', '-C', '1'], {
      env: { TMQTT_URL: 'mqtt://example.org', PATH: process.env.PATH },
    })
    other.peer.publish({ topic: 't' })
    expect(await other.cli.exit).toBe(0)
    expect(other.cli.stdout.toString()).toBe('mqtt://example.org\n')
  })

  it('counts the commands that fail, and exits with 1', async () => {
    const args = ['--exec', 'test "$MQTT_TOPIC" = good', '-q', '1', '-C', '3']
    const { cli, peer } = await subscribe(args)
    const topics = ['good', 'bad', 'worse']
    peer.send(together(topics.map((topic, at) => ({ topic, qos: 1, packetId: at + 1 }))))
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toBe(
      "tmqtt sub: the command for the message on 'bad' ended with exit status 1\n" +
        "tmqtt sub: the command for the message on 'worse' ended with exit status 1\n" +
        'tmqtt sub: 2 of 3 commands failed\n',
    )
    expect(await readShort(peer, 3)).toEqual(['PUBACK 1', 'PUBACK 2', 'PUBACK 3'])
  })

  it('runs several at a time with --exec-limit, and acknowledges in order', async () => {
    const directory = temporaryDirectory()
    const command = `cd ${directory.path}; : >$MQTT_TOPIC; until [ -e end-$MQTT_TOPIC ]; do sleep 0.01; done; echo $MQTT_TOPIC`
    const { cli, peer } = await subscribe(['--exec', command, '--exec-limit', '2', '-q', '1', '-C', '2'])
    peer.send(together([1, 2, 3].map((packetId) => ({ topic: `m${packetId}`, qos: 1, packetId }))))
    await Promise.all([exists(directory.file('m1')), exists(directory.file('m2'))])
    directory.write('end-m2', '')
    await cli.waitForStdout('m2\n')
    peer.send(ack('PUBREL', 99))
    expect(await readShort(peer, 1)).toEqual(['PUBCOMP 99'])
    directory.write('end-m1', '')
    // The third is one too many for -C, and stays for the next session.
    expect(await readShort(peer, 3)).toEqual(['PUBACK 1', 'PUBACK 2', 'DISCONNECT'])
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toBe('m2\nm1\n')
  })

  it('leaves out what is not to be printed, and acknowledges it', async () => {
    const args = ['-R', '-T', 'no/#', '--exec', 'echo "$MQTT_TOPIC"', '-q', '1', '-C', '1']
    const { cli, peer } = await subscribe(args)
    peer.send(
      together([
        { topic: 'old', retain: true, qos: 1, packetId: 1 },
        { topic: 'no/way', qos: 1, packetId: 2 },
        { topic: 'yes', qos: 1, packetId: 3 },
      ]),
    )
    expect(await readShort(peer, 3)).toEqual(['PUBACK 1', 'PUBACK 2', 'PUBACK 3'])
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toBe('yes\n')
  })

  it('runs once for each filter with --per-filter, which MQTT_FILTER names', async () => {
    const { url, subscribed } = await knownAedes()
    const args = ['-t', 'a/#', '-t', 'a/+', '--per-filter', '--exec', 'echo "$MQTT_FILTER $(cat)"', '-C', '4']
    const cli = runCli(['sub', '-L', url, ...args])
    await Promise.all([subscribed('a/#'), subscribed('a/+')])
    for (const payload of ['x', 'y', 'z']) {
      expect(await runCli(['pub', '-L', url, '-t', 'a/b', '-q', '1', '-m', payload]).exit).toBe(0)
    }
    expect(await cli.exit).toBe(0)
    const lines = cli.stdout.toString().trim().split('\n')
    expect(lines).toHaveLength(4)
    for (const line of lines) expect(['a/# x', 'a/+ x', 'a/# y', 'a/+ y', 'a/# z', 'a/+ z']).toContain(line)
  })

  it('runs for the retained messages with --retained-only', async () => {
    const { cli, peer } = await subscribe(['--retained-only', '--exec', 'echo "$MQTT_TOPIC $MQTT_RETAIN"'])
    peer.send(together([{ topic: 'kept/1', retain: true }, { topic: 'kept/2', retain: true }, { topic: 'live' }]))
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toBe('kept/1 1\nkept/2 1\n')
  })

  it('lets what runs end after Ctrl-C, and exits with 0', async () => {
    const directory = temporaryDirectory()
    const command = `: >${directory.file('began')}; until [ -e ${directory.file('end')} ]; do sleep 0.01; done; echo done`
    const { cli, peer } = await subscribe(['--exec', command, '-q', '1'])
    peer.send(together([1, 2].map((packetId) => ({ topic: 't', qos: 1, packetId }))))
    await exists(directory.file('began'))
    cli.abort('SIGINT')
    directory.write('end', '')
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toBe('done\n')
    expect(await readShort(peer, 2)).toEqual(['PUBACK 1', 'DISCONNECT'])
  })

  it('ends what does not end after SIGTERM, leaves its message unacknowledged, and exits with 143', async () => {
    const directory = temporaryDirectory()
    const { cli, peer } = await subscribe(['--exec', `: >${directory.file('began')}; exec sleep 60`, '-q', '1'])
    peer.publish({ topic: 't', qos: 1, packetId: 1 })
    await exists(directory.file('began'))
    cli.abort('SIGTERM')
    expect(await cli.exit).toBe(143)
    expect(await readShort(peer, 1)).toEqual(['DISCONNECT'])
  })

  it('exits with 0 when nobody reads what the command prints', async () => {
    const { cli, peer } = await subscribe(['--exec', 'echo x', '-q', '1'])
    cli.closeStdout()
    peer.publish({ topic: 't', qos: 1, packetId: 1 })
    expect(await cli.exit).toBe(0)
    expect(await readShort(peer, 1)).toEqual(['DISCONNECT'])
  })

  it.each([['-v'], ['-F', '%p'], ['--json'], ['--pretty'], ['-N']])('takes the place of %s', async (...args) => {
    const cli = runCli(['sub', '-t', 'a', '--exec', 'cat', ...args])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr).toBe(`tmqtt sub: --exec and ${args[0]} can't be used together (tmqtt sub --help)\n`)
  })
})
