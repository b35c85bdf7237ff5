import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { encodeProperties } from '../../src/mqtt/properties.ts'
import type { Property } from '../../src/mqtt/property-table.ts'
import { ack, readPublish } from '../support/packets.ts'
import { type CliRun, type RunOptions, runCli } from '../support/run.ts'
import { type Connack, type Peer, startScriptedBroker } from '../support/scripted-peer.ts'

/** A run of pub at a broker that has accepted its connection. */
async function start(args: readonly string[], options: RunOptions = {}, connack: Connack = {}) {
  const broker = await startScriptedBroker()
  const run = runCli(['pub', '-L', broker.url, '--reconnect', 'never', ...args], options)
  const peer = await broker.connection()
  await peer.accept(connack)
  return { run, peer }
}

/** The PUBLISH packets up to DISCONNECT, each acknowledged. */
async function published(peer: Peer, reasonCode?: number) {
  const found: string[] = []
  for (;;) {
    const packet = await peer.packet()
    if (packet.type === 'DISCONNECT') return found
    if (packet.type === 'PUBREL') {
      peer.send(ack('PUBCOMP', packet.body.readUInt16BE(0)))
      continue
    }
    const { topic, payload, qos, retain, properties, packetId = 0 } = readPublish(packet, peer.version)
    if (qos === 1) peer.send(ack('PUBACK', packetId, reasonCode))
    if (qos === 2) peer.send(ack('PUBREC', packetId))
    const hex = Buffer.from(properties ?? []).toString('hex')
    found.push(`${topic} ${payload.toString('latin1')} ${qos}${retain ? ' retained' : ''}${hex && ` ${hex}`}`)
  }
}

function hexOf(...properties: Property[]): string {
  return encodeProperties(properties).subarray(1).toString('hex')
}

async function failure(run: CliRun): Promise<[number, string]> {
  return [await run.exit, run.stderr]
}

describe('pub --json', () => {
  it('refuses a property that is given twice, before it connects', async () => {
    const type = ['-D', 'publish', 'content-type', 'text/plain']
    const twice = runCli(['pub', '-t', 'a', '-m', 'x', ...type, ...type])
    expect(await twice.exit).toBe(1)
    expect(twice.stderr).toBe('tmqtt pub: the property content-type is given twice (tmqtt pub --help)\n')
  })

  it('publishes each line to its topic, in order, whatever the QoS', async () => {
    const stdin = [
      '{"topic":"a","payload":"x","qos":0,"retain":false,"dup":false,"time":"2026-11-22T02:21:12.345Z"}',
      '{"topic":"b","payload":"/wA=","encoding":"base64","qos":2,"retain":true,"dup":true,"mid":7,"filter":"#"}',
      '',
      '{"topic":"a","payload":{"a":1.0},"qos":1}',
      '{"topic":"a","payload":"last"}',
    ].join('\n')
    const { run, peer } = await start(['--json'], { stdin })
    expect(await published(peer)).toEqual(['a x 0', 'b \xff\0 2 retained', 'a {"a":1.0} 1', 'a last 0'])
    expect(await failure(run)).toEqual([0, ''])
  })

  it('publishes a line when it comes, not when more do', async () => {
    const stdin = new PassThrough()
    const { peer, run } = await start(['--json'], { stdin })
    stdin.write('{"topic":"a","payload":"one"}\n{"topic":')
    expect(readPublish(await peer.packet('PUBLISH'), peer.version).payload.toString()).toBe('one')
    stdin.end('"b","payload":"two"}')
    expect(await published(peer)).toEqual(['b two 0'])
    expect(await run.exit).toBe(0)
  })

  it('carries properties with MQTT 5', async () => {
    const properties =
      '{"userProperties":[["k","1"],["k","2"]],"contentType":"c","correlationData":"AP8=","messageExpiryInterval":9,' +
      '"topicAlias":1,"subscriptionIdentifiers":[1],"responseTopic":"r","payloadFormatIndicator":0}'
    const stdin = `{"topic":"a","payload":"x","properties":${properties}}\n`
    const { run, peer } = await start(['--json', '-V', '5'], { stdin })
    const hex = hexOf(
      ['user-property', ['k', '1']],
      ['user-property', ['k', '2']],
      ['content-type', 'c'],
      ['correlation-data', Buffer.from([0, 0xff])],
      ['message-expiry-interval', 9],
      ['response-topic', 'r'],
      ['payload-format-indicator', 0],
    )
    expect(await published(peer)).toEqual([`a x 0 ${hex}`])
    expect(await run.exit).toBe(0)
  })

  it('fills by -t, -q, -r and -D what a line lacks', async () => {
    const stdin =
      '{"payload":"x"}\n{"topic":"b","payload":"y","qos":0,"retain":false,"properties":{"contentType":"d"}}\n'
    const args = ['-t', 't', '-q', '1', '-r', '-D', 'publish', 'content-type', 'c', '-D', 'publish', 'user-property']
    const { run, peer } = await start(['--json', ...args, 'k', 'v'], { stdin })
    const user: Property = ['user-property', ['k', 'v']]
    expect(await published(peer)).toEqual([
      `t x 1 retained ${hexOf(['content-type', 'c'], user)}`,
      `b y 0 ${hexOf(['content-type', 'd'], user)}`,
    ])
    expect(await run.exit).toBe(0)
  })

  it('speaks MQTT 5, and 3.1.1 where the broker refuses that, unless -V chooses', async () => {
    const stdin = '{"topic":"a","payload":"x","properties":{"contentType":"t"}}\n{"topic":"b","payload":"y"}\n'
    const { run, peer } = await start(['--json'], { stdin })
    expect(peer.version).toBe(5)
    expect(await published(peer)).toEqual([`a x 0 ${hexOf(['content-type', 't'])}`, 'b y 0'])
    expect(await run.exit).toBe(0)
    const server = await startScriptedBroker()
    const old = runCli(['pub', '-L', server.url, '--json'], { stdin: '{"topic":"b","payload":"y"}\n' })
    await (await server.connection()).accept({ reasonCode: 132 })
    const again = await server.connection()
    await again.accept()
    expect(again.version).toBe(4)
    expect(await published(again)).toEqual(['b y 0'])
    expect(await old.exit).toBe(0)
  })

  it('drops no property before MQTT 5, but minds none that is left out anyway', async () => {
    const line = (properties: string) => `{"topic":"a","payload":"x","properties":${properties}}\n`
    const stdin = [line('{}'), line('{"topicAlias":1}'), line('null'), line('{"contentType":""}')].join('')
    const { run, peer } = await start(['--json', '-V', '311'], { stdin })
    expect(await published(peer)).toEqual(['a x 0', 'a x 0', 'a x 0'])
    const message = 'tmqtt pub: line 4: "properties" need MQTT 5 (-V 5); the 3 before it were published\n'
    expect(await failure(run)).toEqual([1, message])
  })

  it('names the line that the broker does not take', async () => {
    const stdin = '{"topic":"a","payload":"x","qos":1}\n{"topic":"a","payload":"x","qos":2}\n'
    const { run, peer } = await start(['--json', '-V', '5'], { stdin }, { properties: [0x24, 1] })
    expect(await published(peer)).toEqual(['a x 1'])
    const message = expect.stringMatching(/^tmqtt pub: line 2: the broker takes no more than QoS 1 .*; the one before/)
    expect(await failure(run)).toEqual([1, message])
  })

  it('says where a line is faulty once all before it are acknowledged', async () => {
    const stdin = new PassThrough()
    const { run, peer } = await start(['--json'], { stdin })
    stdin.write('{"topic":"a","payload":"x","qos":1}\n{"topic":"b","payload":"x","qos":2}\nhello\n{"topic":"c"')
    const first = readPublish(await peer.packet('PUBLISH'), peer.version)
    const second = readPublish(await peer.packet('PUBLISH'), peer.version)
    peer.send(ack('PUBREC', second.packetId!))
    await peer.packet('PUBREL')
    peer.send(ack('PUBCOMP', second.packetId!))
    expect(run.stderr).toBe('')
    peer.send(ack('PUBACK', first.packetId!))
    await peer.packet('DISCONNECT')
    const message = 'tmqtt pub: line 3: not JSON: unexpected "h" at column 1; the 2 before it were published\n'
    expect(await failure(run)).toEqual([1, message])
  })

  it('says what was rejected before a faulty line', async () => {
    const line = '{"topic":"a","payload":"x","qos":1}\n'
    const { run, peer } = await start(['--json', '-V', '5'], { stdin: `${line}${line}{` })
    expect(await published(peer, 0x87)).toHaveLength(2)
    const message =
      /^tmqtt pub: published 2, acknowledged 0, refused 2\ntmqtt pub: line 3: incomplete: .*; before it, 2 of 2 messages rejected: Not authorized \(135\)/
    expect(await failure(run)).toEqual([1, expect.stringMatching(message)])
  })

  it('says both when the connection is lost before all is acknowledged', async () => {
    const { run, peer } = await start(['--json'], { stdin: '{"topic":"a","payload":"x","qos":1}\n{' })
    await peer.packet('PUBLISH')
    peer.destroy()
    const message =
      /^tmqtt pub: published 1, acknowledged 0, unknown 1\ntmqtt pub: line 2: incomplete: .*; the connection to .* was lost.*\n$/
    expect(await failure(run)).toEqual([7, expect.stringMatching(message)])
  })

  it('goes on behind faulty lines with --keep-going', async () => {
    const stdin = '{"topic":"a","payload":"x"}\n\nnull\n{"topic":"a/#","payload":"x"}\n{"topic":"b","payload":"y"}\n'
    const { run, peer } = await start(['--json', '--keep-going'], { stdin })
    expect(await published(peer)).toEqual(['a x 0', 'b y 0'])
    expect(await failure(run)).toEqual([
      1,
      'tmqtt pub: line 3: not a JSON object\n' +
        'tmqtt pub: line 4: the topic "a/#" has a wildcard (+ or #)\n' +
        'tmqtt pub: 2 of 4 lines are faulty; the other 2 were published\n',
    ])
  })
})

describe('pub -l --topic-separator', () => {
  it('takes the topic from each line, and all other bytes for the payload', async () => {
    const stdin = Buffer.from('a/b one two\na/b \n\xc3\xa4 \xff\0\r\na/b  x', 'latin1')
    const { run, peer } = await start(['-l', '--topic-separator', ' ', '-q', '1', '-r'], { stdin })
    expect(await published(peer)).toEqual([
      'a/b one two 1 retained',
      'a/b  1 retained',
      'ä \xff\0\r 1 retained',
      'a/b  x 1 retained',
    ])
    expect(await failure(run)).toEqual([0, ''])
  })

  it('says where a line is faulty', async () => {
    const { run, peer } = await start(['-l', '--topic-separator', '\t'], { stdin: 'a\tx\nb x\nc\tx\n' })
    expect(await published(peer)).toEqual(['a x 0'])
    const message = 'tmqtt pub: line 2: no "\\t" between topic and payload; the one before it was published\n'
    expect(await failure(run)).toEqual([1, message])
  })

  it('goes on behind faulty lines with --keep-going', async () => {
    const args = ['-l', '--topic-separator', ': ', '--keep-going']
    const { run, peer } = await start(args, { stdin: 'a: x\n\n: y\nc: x' })
    expect(await published(peer)).toEqual(['a x 0', 'c x 0'])
    expect(await failure(run)).toEqual([
      1,
      'tmqtt pub: line 2: no ": " between topic and payload\n' +
        'tmqtt pub: line 3: the topic is empty\n' +
        'tmqtt pub: 2 of 4 lines are faulty; the other 2 were published\n',
    ])
  })
})

describe('pub', () => {
  it.each([
    { args: ['--json', '-l'], says: "-l and --json can't be used together" },
    { args: ['--json', '-m', 'x'], says: "-m and --json can't be used together" },
    { args: ['--json', '--repeat', '2'], says: "--json and --repeat can't be used together" },
    { args: ['-l', '--topic-separator', ' ', '-t', 'a'], says: "--topic-separator and -t can't be used together" },
    { args: ['-s', '--topic-separator', ' '], says: '--topic-separator needs --lines' },
    { args: ['-m', 'x', '-t', 'a', '--keep-going'], says: '--keep-going needs --lines or --json' },
    { args: ['-l', '--topic-separator', ''], says: '--topic-separator: expected one character or more' },
    { args: ['-l'], says: 'no topic: name one by -t, or in -L' },
    { args: ['--json', '-t', 'a/#'], says: '-t: expected a topic name' },
    { args: ['-t', 'a'], says: 'nothing to publish: give -m TEXT' },
  ])('refuses $args', async ({ args, says }) => {
    expect(await failure(runCli(['pub', ...args]))).toEqual([1, expect.stringContaining(says)])
  })
})
