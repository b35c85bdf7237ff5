import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type KnownBroker, knownAedes } from '../brokers/known-broker.ts'
import { certificates } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import type { Program } from '../support/program.ts'
import { hasScript, spawnInTerminal, spawnShell, spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const canary = 'canary-4711'
const password = { username: 'joe', password: canary }

async function start(): Promise<KnownBroker> {
  return await knownAedes({ password })
}

describe('the password', () => {
  const publish = (broker: KnownBroker) => ['pub', '-L', broker.url, '-u', 'joe', '-t', 't', '-m', 'x', '-q', '1']

  it('is taken from TMQTT_PASSWORD', async () => {
    const broker = await start()
    await succeeds(spawnTmqtt(publish(broker), { env: { TMQTT_PASSWORD: canary } }))
  })

  it.each(['', '\n', '\r\n', '\nsecond line'])('is taken from the first line of --password-file: %j', async (end) => {
    const broker = await start()
    const file = temporaryDirectory().write('password', `${canary}${end}`)
    await succeeds(spawnTmqtt([...publish(broker), '--password-file', file]))
  })

  it.skipIf(!hasScript)('is asked for by --password-prompt, without echo', async () => {
    const broker = await start()
    const args = ['sub', '-L', broker.url, '-u', 'joe', '--password-prompt', '-t', 't', '-C', '1']
    const subscriber = spawnInTerminal(args, { columns: 80, rows: 20 })
    await subscriber.waitForStdout('Password: ')
    subscriber.stdin.write(`typo\x15${canary}x\x7f\r`)
    await broker.subscribed('t')
    await succeeds(spawnTmqtt(publish(broker), { env: { TMQTT_PASSWORD: canary } }))
    await succeeds(subscriber)
    expect(subscriber.stdout.toString()).toBe('Password: \r\nx\r\n')
  })

  it.skipIf(!hasScript)('is no longer asked for after Ctrl-C', async () => {
    const broker = await start()
    const args = ['sub', '-L', broker.url, '-u', 'joe', '--password-prompt', '-t', 't']
    const subscriber = spawnInTerminal(args, { columns: 80, rows: 20 })
    await subscriber.waitForStdout('Password: ')
    subscriber.stdin.write('\x03')
    expect((await subscriber.exited).code).toBe(130)
  })

  it('can not be asked for without a terminal, nor can that of a key', async () => {
    const broker = await start()
    const { ca, client } = await certificates()
    const key = ['--cafile', ca, '--cert', client.certfile, '--key', client.encryptedKeyfile]
    for (const [more, hint] of [
      [['--password-prompt'], '--password-file or TMQTT_PASSWORD'],
      [key, 'TMQTT_KEY_PASSWORD'],
    ] as const) {
      // In a session of its own, which has no terminal.
      const program = spawnShell(`tmqtt ${[...publish(broker), ...more].join(' ')}`)
      expect(await program.exited).toEqual({ code: 1, signal: null })
      const says = `there is no terminal to ask for the password on; use ${hint} (tmqtt pub --help)`
      expect(program.stderr).toBe(`tmqtt pub: ${says}\n`)
    }
  })

  it.skipIf(process.platform !== 'linux').each([
    ['-P', (broker: KnownBroker) => ['-L', broker.url, '-u', 'joe', '-P', canary]],
    ['-L', (broker: KnownBroker) => ['-L', broker.url.replace('//', `//joe:${canary}@`)]],
  ])('given by %s is gone from the process list', async (_how, args) => {
    const broker = await start()
    const subscriber = spawnTmqtt(['sub', ...args(broker), '-t', 't'])
    await broker.subscribed('t')
    const processList = readFileSync(`/proc/${subscriber.pid}/cmdline`, 'latin1')
    expect(processList).not.toContain(canary)
    expect(processList).toContain('tmqtt')
  })
})

it('has libraries say nothing with DEBUG, which would hold CONNECT', async () => {
  const broker = await start()
  const args = ['pub', '-L', broker.url, '-u', 'joe', '-P', canary, '-t', 't', '-m', 'x', '-q', '1']
  const publisher = spawnTmqtt(args, { env: { DEBUG: '*' } })
  await succeeds(publisher)
  expect(publisher.stderr).toBe('')
})

describe.each([{ env: {} }, { env: { DEBUG: '*', NODE_DEBUG: 'net,tls,http' } }])('with $env', ({ env }) => {
  it('never prints a password', async () => {
    const broker = await start()
    const [host, port] = ['127.0.0.1', String(await freePort())]
    const withUrl = broker.url.replace('//', `//joe:${canary}@`)
    const programs = [
      ['pub', '-L', broker.url, '-u', 'joe', '-P', canary, '-t', 't', '-m', 'x', '-q', '1'],
      ['pub', '-L', withUrl, '-t', 't', '-m', 'x', '-q', '1'],
      ['pub', '-L', broker.url, '-u', 'jim', '-P', canary, '-t', 't', '-m', 'x'],
      ['pub', '-h', host, '-p', port, '-u', 'joe', '-P', canary, '-t', 't', '-m', 'x'],
      ['pub', '-L', `mqtt://joe:${canary}@${host}:${port}`, '-t', 't', '-m', 'x'],
      ['pub', '-L', `mqtt://joe:${canary}@${host}:none`, '-t', 't', '-m', 'x'],
      ['pub', '-L', `http://joe:${canary}@${host}`, '-t', 't', '-m', 'x'],
      ['pub', '-P', canary, '-t', 't', '-m', 'x', '--no-such-option'],
      ['pub', '-P', canary, '--password-prompt', '-t', 't', '-m', 'x'],
      ['pub', '-L', broker.url, '-P', canary, '-t', 't', '-m', 'x'],
      ['pub', `--password=${canary}`, '-t', 't'],
    ].map((args) => spawnTmqtt(args, { env, input: '' }))
    const codes = await Promise.all(programs.map(async ({ exited }) => (await exited).code))
    expect(codes).toEqual([0, 0, 4, 3, 3, 1, 1, 1, 1, 1, 1])
    for (const { stdout, stderr } of programs) expect(`${stdout}${stderr}`).not.toContain(canary)
  })
})

async function succeeds(program: Program): Promise<void> {
  expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
}
