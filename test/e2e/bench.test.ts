import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readReport } from '../../src/bench/read-report.ts'
import { type KnownBroker, knownAedes, knownMosquitto } from '../brokers/known-broker.ts'
import { freePort } from '../support/free-port.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { spawnShell, spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** A run of half a second. */
const SHORT = ['--settle', '0', '--warmup', '0', '--duration', '500ms']

const at = ({ port }: { readonly port: number }) => ['-h', '127.0.0.1', '-p', String(port)]

async function bench(...args: readonly string[]) {
  const program = spawnTmqtt(['bench', ...args])
  const { code } = await program.exited
  return { code, stdout: program.stdout.toString(), stderr: program.stderr }
}

const brokers = [
  ['the embedded broker', true, () => knownAedes()],
  ['mosquitto', hasMosquitto, () => knownMosquitto({ quiet: true })],
] as const satisfies readonly (readonly [string, boolean, () => Promise<KnownBroker>])[]

for (const [name, isThere, start] of brokers) {
  describe.skipIf(!isThere)(`bench against ${name}`, () => {
    it.each<[string, string[], string[]]>([
      ['conn', ['--clients', '50', '--duration', '200ms'], ['intended 50 = connected 50 + failed 0']],
      ['pub', ['-q', '1', ...SHORT], ['intended 500 = sent 500 + not sent 0', 'acknowledged 500 + rejected 0']],
      ['sub', ['--duration', '200ms'], ['received 0']],
      ['flow', ['-q', '2', ...SHORT], ['sent 500 = acknowledged 500', 'expected 500 = received 500 + lost 0']],
      [
        'flow',
        ['--rate', 'max', '-q', '1', '--warmup', '0', '--messages', '2000', '--drain', '25s'],
        ['= received 2,000 + lost 0', 'Closed loop'],
      ],
    ])('%s exits with 0 and counts that balance, %j', async (command, args, texts) => {
      const { code, stdout, stderr } = await bench(command, ...at(await start()), ...args)
      expect([code, stderr]).toEqual([0, ''])
      for (const text of texts) expect(stdout).toContain(text)
    })

    it('exits with 6 when --fail-if holds, after the whole report', async () => {
      const words = ['--fail-if', 'e2e.p50>0us', '--fail-if', 'lost>0']
      const { code, stdout } = await bench('flow', ...at(await start()), ...SHORT, ...words)
      expect(code).toBe(6)
      expect(stdout).toContain('\n  FAILED  e2e.p50>0us: e2e.p50 is ')
      expect(stdout).toContain('\n  passed  lost>0: lost is 0\n')
    })

    it('has the same counts with two threads', async () => {
      const words = ['--workers', '2', '--json', ...SHORT]
      const { code, stdout } = await bench('flow', ...at(await start()), ...words)
      expect(code).toBe(0)
      const { messages, connections } = readReport(stdout, 'it').result
      expect(messages).toMatchObject({ intended: 500, sent: 500, expected: 500, received: 500, lost: 0, duplicates: 0 })
      expect(connections).toMatchObject({ intended: 20, connected: 20 })
    })
  })
}

describe('bench that can not', () => {
  it('reach the broker exits with 3 and says why, with the report', async () => {
    const { code, stdout, stderr } = await bench('flow', '-h', '127.0.0.1', '-p', String(await freePort()), ...SHORT)
    expect(code).toBe(3)
    expect(stdout).toContain('  intended 20 = connected 0 + failed 20\n')
    expect(stdout).not.toMatch(/^(Messages|Generator)$/m)
    expect(stderr).toMatch(/^tmqtt bench flow: no client was connected: connection refused[^\n]*\n$/)
  })

  it.skipIf(!hasMosquitto).each([
    ['3.1.1', '311', 5],
    ['5', '5', 135],
  ])('log in exits with the code of CONNACK, with MQTT %s', async (_name, version, expected) => {
    const broker = await knownMosquitto({ password: { username: 'joe', password: 'secret' } })
    const words = ['-V', version, '-u', 'joe', '-P', 'wrong', '--clients', '3']
    const { code, stdout, stderr } = await bench('conn', ...at(broker), ...words)
    expect(code).toBe(expected)
    expect(stdout).toContain('intended 3 = connected 0 + failed 3\n')
    expect(stderr).toMatch(
      new RegExp(`^tmqtt bench conn: no client was connected: not authori[sz]ed[^\\n]* \\(${expected}\\)\\n$`, 'i'),
    )
    expect(stdout + stderr).not.toContain('wrong')
  })

  it.skipIf(!hasMosquitto)('publish anything exits with the reason code, with the report', async () => {
    // With no limit mosquitto 2.0.11 hangs up behind the first message that it rejects.
    const broker = await knownMosquitto({ acl: 'topic read bench/#\n', config: ['max_queued_messages 100'] })
    const { code, stdout, stderr } = await bench('flow', ...at(broker), '-V', '5', '-q', '1', ...SHORT)
    expect(code).toBe(135)
    expect(stdout).toContain('  sent 500 = acknowledged 0 + rejected 500 + unanswered 0\n')
    expect(stderr).toBe('tmqtt bench flow: every message was rejected: Not authorized (135)\n')
  })

  it.each([
    ['sub', ['--duration', '100ms']],
    ['flow', SHORT],
  ])('subscribe to anything exits with 128: %s', async (command, words) => {
    const broker = await knownAedes({ authorizeSubscribe: (_client, _subscription, done) => done(null, null) })
    const { code, stdout, stderr } = await bench(command, ...at(broker), ...words)
    expect(code).toBe(128)
    expect(stdout).toContain('  10 subscription refused: ')
    expect(stderr).toMatch(/^tmqtt bench \w+: every subscription was refused: [^\n]* \(128\)\n$/)
  })

  it.each(['--csv', '--hdr', '--prometheus', '--report'])('write its %s says so before it connects', async (option) => {
    const { code, stdout, stderr } = await bench('flow', '-h', '127.0.0.1', '-p', '1', option, '/nowhere/file')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(`tmqtt bench flow: ${option} /nowhere/file: no such file or directory\n`)
  })

  it.skipIf(!existsSync('/dev/full')).each([
    ['standard output', '>/dev/full', 'cannot write to standard output: no space left on device'],
    ['a file', '--csv /dev/full >/dev/null', '--csv /dev/full: no space left on device'],
  ])('write since the disk is full exits with 1: %s', async (_where, words, says) => {
    const broker = await knownAedes()
    const program = spawnShell(`exec tmqtt bench flow ${[...at(broker), ...SHORT].join(' ')} ${words}`)
    expect(await program.exited).toEqual({ code: 1, signal: null })
    expect(program.stderr).toBe(`tmqtt bench flow: ${says}\n`)
  })
})

describe('bench', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends by %s with all of the report so far, and exits with %d', async (signal, expected) => {
    const broker = await knownAedes()
    const csv = temporaryDirectory().file('time.csv')
    const words = ['--settle', '0', '--warmup', '0', '--interval', '100ms', '--duration', '1h', '--progress']
    const program = spawnTmqtt(['bench', 'flow', ...at(broker), ...words, '--json', '--csv', csv])
    await program.waitForStderr(/measure .* in .* P50/)
    program.kill(signal)
    expect(await program.exited).toEqual({ code: expected, signal: null })
    const { messages, incomplete, measured } = readReport(program.stdout.toString(), 'it').result
    expect(incomplete).toBe('interrupted')
    expect(messages.received).toBeGreaterThan(0)
    expect(messages).toMatchObject({ received: messages.expected, lost: 0 })
    expect(measured.endToEnd.count).toBe(messages.received)
    expect(readFileSync(csv, 'utf8')).toMatch(/\r\nmeasure,/)
  })

  it('is quiet when its reader has gone', async () => {
    const broker = await knownAedes()
    const words = [...at(broker), ...SHORT].join(' ')
    const program = spawnShell(`tmqtt bench flow ${words} | head -1 >/dev/null; echo "\${PIPESTATUS[*]}"
      tmqtt bench flow ${words} --fail-if 'e2e.p50>0us' | true; echo "\${PIPESTATUS[*]}"`)
    await program.exited
    expect(program.stdout.toString()).toBe('0 0\n6 0\n')
    expect(program.stderr).toBe('')
  })

  it('writes every file that is asked for, and a document that compare and merge read', async () => {
    const broker = await knownAedes()
    const directory = temporaryDirectory()
    const [csv, hdr, prometheus, report] = ['a.csv', 'a.hdr', 'a.prom', 'a.html'].map(directory.file)
    const files = ['--csv', csv!, '--hdr', hdr!, '--prometheus', prometheus!, '--report', report!]
    const { code, stdout } = await bench('flow', ...at(broker), ...SHORT, ...files, '--json')
    expect(code).toBe(0)
    expect(readFileSync(csv!, 'utf8')).toMatch(/^phase,start_s,[\s\S]*\r\nmeasure,/)
    expect(readFileSync(hdr!, 'utf8')).toMatch(/\nTag=e2e,/)
    expect(readFileSync(prometheus!, 'utf8')).toMatch(/\ntmqtt_bench_messages_total\{.*state="received"\} 500\n/)
    expect(readFileSync(report!, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<script type="module">[\s\S]*<\/html>\n$/)
    const whole = directory.write('a.json', stdout)
    expect(await bench('compare', whole, whole)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/e2e\.p50 .* same\n/),
    })
    expect((await bench('merge', whole)).stdout).toContain('expected 500 = received 500 + lost 0\n')
  })

  it.skipIf(!hasMosquitto)('writes down what a run was made of, and against what', async () => {
    const broker = await knownMosquitto({ quiet: true })
    const { stdout } = await bench('flow', ...at(broker), ...SHORT, '-V', '5', '--seed', '7', '--json')
    const report = readReport(stdout, 'it')
    expect(report.brokerVersion).toMatch(/^mosquitto version \d/)
    expect(report.result.brokerLimits).toMatchObject({ receiveMaximum: 20 })
    expect(report.configuration).toMatchObject({ command: 'bench flow', seed: 7, protocolVersion: '5' })
    expect(report.configuration.phases).toMatchObject({ warmupMs: 0, measureMs: 500 })
    expect(report.hosts).toEqual([expect.objectContaining({ node: process.versions.node })])
    const { stdout: shown } = await bench('merge', temporaryDirectory().write('a.json', stdout))
    expect(shown).toMatch(/\nwhich says: mosquitto version \S+, .*receive maximum 20/)
  })
})
