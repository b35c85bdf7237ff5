import { describe, expect, it } from 'vitest'
import { encodeProperties } from '../../src/mqtt/properties.ts'
import { startAedes } from '../support/aedes.ts'
import { lengthPrefixed, packet, uint16, withLength } from '../support/packets.ts'
import { type RunOptions, runCli } from '../support/run.ts'
import { type Peer, startScriptedBroker } from '../support/scripted-peer.ts'
import { hasScript, spawnInTerminal, spawnTmqtt } from '../support/spawn.ts'

/** A title, colours by C0 and by C1, a line to hide behind, what moves the cursor, and text that is read backwards. */
const evil = '\x1b]0;title\x07\x1b[31m\u009b32mgood\rbad\b\x7f\u0085\u202e\u2066\u200e\u061cx'
/** Not UTF-8: C1 as a terminal of Latin 1 takes it, behind a character cut short. */
const bytes = Buffer.concat([Buffer.from(`${evil}\nline\ttab`), Buffer.of(0xe2, 0x9b, 0x33, 0x31, 0x6d)])

/** What no terminal is to be sent. */
const controls = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/

const properties = encodeProperties([
  ['content-type', evil],
  ['response-topic', `${evil}/response`],
  ['correlation-data', bytes],
  ['user-property', [evil, evil]],
])
/** Without their length. */
const message = {
  topic: `t/${evil}`,
  payload: bytes,
  properties: properties.subarray(properties.findIndex((byte) => byte < 0x80) + 1),
}

/** For CONNACK, SUBACK, DISCONNECT. */
const reason = Buffer.concat([Buffer.of(0x1f), lengthPrefixed(evil)])
const reference = Buffer.concat([Buffer.of(0x1c), lengthPrefixed(evil)])

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A run at a scripted broker of MQTT 5. */
async function start(args: readonly string[], options: RunOptions = {}) {
  const server = await startScriptedBroker()
  const cli = runCli([...args, '-L', server.url, '-V', '5'], { ...options, env: { TMQTT_RECONNECT: 'never' } })
  return { cli, peer: await server.connection() }
}

describe('sub', () => {
  async function receive(args: readonly string[], options?: RunOptions): Promise<Buffer> {
    const { cli, peer } = await start(['sub', '-t', '#', '-C', '1', '--color', 'never', ...args], options)
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.publish(message)
    expect(await cli.exit, cli.stderr).toBe(0)
    expect(cli.stderr).not.toMatch(controls)
    return cli.stdout
  }

  const formats: readonly (readonly string[])[] = [
    ...[[], ['-v'], ['--json'], ['--json', '--pretty']],
    ...['%t', '%p', '%C', '%R', '%D', '%P', '%j', '%J', '%20.90t|%-90p|%090p', '%x'].map((format) => ['-F', format]),
  ]

  it.each(formats)('shows a terminal no control characters, with %s %s', async (...args) => {
    const shown = await receive(args, { stdoutIsTTY: true })
    expect(shown.toString()).not.toMatch(controls)
    expect(shown.equals(Buffer.from(shown.toString()))).toBe(true)
  })

  it('shows them to a terminal as what they are', async () => {
    const shown = '\\e]0;title\\a\\e[31m\\u{9b}32mgood\\rbad\\b\\x7f\\u{85}\\u{202e}\\u{2066}\\u{200e}\\u{61c}x'
    expect((await receive(['-v'], { stdoutIsTTY: true })).toString()).toBe(
      `t/${shown} ${shown}\nline\ttab\\xe2\\x9b31m\n`,
    )
  })

  it('hands all bytes on where there is no terminal, though errors go to one', async () => {
    const piped = await receive(['-v'], { stdoutIsTTY: false, stderrIsTTY: true })
    expect(piped).toEqual(Buffer.concat([Buffer.from(`t/${evil} `), bytes, Buffer.from('\n')]))
  })
})

describe.each<[what: string, options: RunOptions]>([
  ['a terminal', { stderrIsTTY: true }],
  ['a file', {}],
])('errors on %s', (_what, options) => {
  /** Lines of ours, in which what the broker has said can be read. */
  function expectHarmless(text: string): void {
    expect(text).toMatch(/^(tmqtt [^\n]*\n)+$/)
    expect(text).toContain('\\e]0;title')
    expect(text).not.toMatch(controls)
  }

  it.each<[what: string, refuse: (peer: Peer) => void]>([
    ['a refusal', (peer) => peer.connack({ reasonCode: 135, properties: reason })],
    ['another server', (peer) => peer.connack({ reasonCode: 156, properties: Buffer.concat([reference, reason]) })],
  ])('show what stands in CONNACK: %s', async (_case, refuse) => {
    for (const command of [
      ['pub', '-m', 'x'],
      ['sub'],
      ['rr', '-m', 'x', '-e', 'e'],
      ['expect'],
      ['reply', '-m', 'x'],
    ]) {
      const { cli, peer } = await start([...command, '-t', 't'], options)
      await peer.packet('CONNECT')
      refuse(peer)
      expect(await cli.exit).toBeGreaterThan(128)
      expectHarmless(cli.stderr)
    }
  })

  it.each([['sub'], ['expect'], ['retain', 'list']])('show what stands in SUBACK: %s', async (...command) => {
    const { cli, peer } = await start([...command, '-t', 't'], options)
    await peer.accept()
    const { body } = await peer.packet('SUBSCRIBE')
    peer.suback(body.readUInt16BE(0), [135], [...reason])
    expect(await cli.exit).toBe(135)
    expectHarmless(cli.stderr)
  })

  it('show what stands in PUBACK', async () => {
    const { cli, peer } = await start(['pub', '-t', 't', '-m', 'x', '-q', '1'], options)
    await peer.accept()
    await peer.packet('PUBLISH')
    peer.send(packet('PUBACK', 0, uint16(1), [135], withLength(reason)))
    expect(await cli.exit).toBe(135)
    expectHarmless(cli.stderr)
  })

  it('show what stands in DISCONNECT', async () => {
    const { cli, peer } = await start(['sub', '-t', 't'], options)
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.send(packet('DISCONNECT', 0, [139], withLength(Buffer.concat([reason, reference]))))
    expect(await cli.exit).not.toBe(0)
    expectHarmless(cli.stderr)
  })

  it('show the topic of a message that is in the way', async () => {
    const { cli, peer } = await start(['sub', '-t', '#', '--exec', 'false', '-C', '1'], options)
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.publish(message)
    expect(await cli.exit).toBe(1)
    expectHarmless(cli.stderr)
  })

  it('show the response topic of a request that cannot be answered', async () => {
    const { cli, peer } = await start(['reply', '-t', '#', '-m', 'x', '-C', '1'], options)
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.publish(message)
    expect(await cli.exit).toBe(1)
    expectHarmless(cli.stderr)
  })
})

describe('reports', () => {
  /** `check` at a broker that refuses every connection with these words. */
  async function check(format: string, stdoutIsTTY: boolean) {
    const server = await startScriptedBroker()
    const args = ['check', '-L', server.url, '-V', '5', '--color', 'never', '--format', format]
    const cli = runCli(args, { stdoutIsTTY, stderrIsTTY: true, columns: 80 })
    const refuse = async () => {
      for (;;) {
        const peer = await server.connection()
        void peer.packet('CONNECT').then(
          () => peer.connack({ reasonCode: 135, properties: reason }),
          () => {},
        )
      }
    }
    void refuse().catch(() => {})
    expect(await cli.exit).not.toBe(0)
    expect(cli.stderr).not.toMatch(controls)
    return cli.stdout.toString()
  }

  it.each(['text', 'json', 'tap', 'junit', 'prometheus'])(
    'of check show a terminal none: --format %s',
    async (format) => {
      const shown = await check(format, true)
      expect(shown).not.toMatch(controls)
      if (format !== 'prometheus') expect(shown).toContain(']0;title')
      if (format === 'json')
        expect(shown).toContain(
          JSON.stringify(evil)
            .replace(/[^ -~]/g, escapeUnit)
            .slice(1, -1),
        )
    },
  )

  it.each(['json', 'tap'])('of check are what they are in a pipe: --format %s', async (format) => {
    const piped = await check(format, false)
    if (format === 'json') expect(JSON.stringify(JSON.parse(piped))).toContain('\u009b32mgood')
    expect(piped).toContain('\u202e\u2066')
  })

  it('of bench show a terminal none: --json', async () => {
    const { urls, broker } = await startAedes()
    const version = {
      cmd: 'publish',
      topic: '$SYS/broker/version',
      payload: `broker ${evil}`,
      qos: 0,
      retain: true,
    } as const
    await new Promise<void>((resolve) => broker.publish({ ...version, dup: false }, () => resolve()))
    const args = ['bench', 'conn', '-L', urls.tcp, '--clients', '1', '--duration', '10ms', '--json']
    const cli = runCli(args, { stdoutIsTTY: true, columns: 80 })
    expect(await cli.exit, cli.stderr).toBe(0)
    expect(cli.stdout.toString()).toContain('32mgood')
    expect(cli.stdout.toString()).not.toMatch(controls)
    expect(() => JSON.parse(cli.stdout.toString())).not.toThrow()
  })

  it('of the packets show a terminal no control characters: -d', async () => {
    const { cli, peer } = await start(['sub', '-t', '#', '-C', '1', '-d', '-F', '%l'], { stdoutIsTTY: true })
    await peer.packet('CONNECT')
    peer.connack({ properties: Buffer.concat([Buffer.of(0x12), lengthPrefixed(evil)]) })
    await peer.acceptSubscribe(0)
    peer.publish(message)
    expect(await cli.exit).toBe(0)
    expect(cli.stdout.toString()).toContain('\\e]0;title')
    expect(cli.stdout.toString()).not.toMatch(controls)
  })
})

describe.skipIf(!hasScript)('on a terminal', () => {
  /** Without the line ends that the terminal itself makes. */
  const screenOf = ({ stdout }: { readonly stdout: Buffer }) => stdout.toString().replaceAll('\r\n', '\n')
  const size = { columns: 200, rows: 50 }

  it('a message and an error are harmless', async () => {
    const server = await startScriptedBroker()
    const subscriber = spawnInTerminal(['sub', '-L', server.url, '-V', '5', '-t', '#', '-v', '--reconnect', 'never'], {
      ...size,
      env: { NO_COLOR: '1' },
    })
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(0)
    peer.publish(message)
    await subscriber.waitForStdout('tab')
    peer.send(packet('DISCONNECT', 0, [139], withLength(reason)))
    expect((await subscriber.exited).code).not.toBe(0)
    expect(screenOf(subscriber)).toMatch(/tab[\s\S]*: \\e\]0;title/)
    expect(screenOf(subscriber)).not.toMatch(controls)
  })

  it('the clients of tmqtt broker are harmless', async () => {
    const broker = spawnInTerminal(['broker', '-p', '0'], size)
    const url = (await broker.nextLine()).trim()
    const publisher = spawnTmqtt(['pub', '-L', url, '-i', evil, '-t', 't', '-m', 'x'])
    expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
    await broker.waitForStdout(/title.*left/)
    broker.stdin.write('\x03')
    await broker.exited
    expect(screenOf(broker).replaceAll('^C', '')).not.toMatch(controls)
  })
})
