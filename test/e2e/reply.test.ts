import { existsSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { knownAedes, knownMosquitto } from '../brokers/known-broker.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { hasMosquittoClients, mosquittoRr } from '../support/mosquitto-clients.ts'
import { runCli } from '../support/run.ts'
import { hasScript, spawnInTerminal, spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe.skipIf(!hasMosquitto)('reply', () => {
  it.each([
    { how: ['--echo'], answered: (text: string) => text },
    { how: ['--exec', 'tr a-z A-Z', '--exec-limit', '3'], answered: (text: string) => text.toUpperCase() },
  ])('answers many requesters at once, each with its own answer: $how', async ({ how, answered }) => {
    const broker = await knownMosquitto()
    const replier = spawnTmqtt(['reply', '-L', broker.url, '-t', 'req/+', '-q', '1', '-i', 'replier', ...how])
    await broker.subscribed('req/+', 'replier')
    const texts = Array.from({ length: 20 }, (_, at) => `request ${at}`)
    const requesters = texts.map((text, at) => {
      // All of them hear all answers.
      const args = ['-t', `req/${at}`, '-e', 'answers', '-m', text, '-q', String(at % 3), '--correlate', '-W', '9']
      return runCli(['rr', '-L', broker.url, ...args])
    })
    for (const [at, requester] of requesters.entries()) {
      expect(await requester.exit, requester.stderr).toBe(0)
      expect(requester.stdout.toString()).toBe(`${answered(texts[at]!)}\n`)
    }
    replier.kill('SIGTERM')
    expect(await replier.exited, replier.stderr).toEqual({ code: 0, signal: null })
  })

  it.skipIf(!hasMosquittoClients).each(['311', '5'])('answers mosquitto_rr with -V %s', async (version) => {
    const broker = await knownMosquitto()
    const common = ['-V', version, '-q', '2']
    const args = ['--exec', 'printf "%s " "$MQTT_TOPIC"; cat', '-e', 'fallback']
    const replier = spawnTmqtt(['reply', '-L', broker.url, '-t', 'req', '-i', 'replier', ...common, ...args])
    await broker.subscribed('req', 'replier')
    const response = version === '5' ? 'own/answers' : 'fallback'
    const at = ['-h', '127.0.0.1', '-p', String(broker.port), '-t', 'req', '-e', response]
    const requester = mosquittoRr([...at, ...common, '-m', 'question', '-v', '-W', '9'])
    expect(await requester.exited).toEqual({ code: 0, signal: null })
    expect(requester.stdout.toString()).toBe(`${response} req question\n`)
    replier.kill('SIGINT')
    expect(await replier.exited).toEqual({ code: 0, signal: null })
    expect(replier.stderr).toBe('')
  })
})

describe.skipIf(!hasScript)('Ctrl-C', () => {
  it('does not reach the commands of reply, whose answers still go out', async () => {
    const broker = await knownAedes()
    const directory = temporaryDirectory()
    const command = `: >${directory.file('began')}; until [ -e ${directory.file('end')} ]; do sleep 0.01; done; echo done`
    const args = ['reply', '-L', broker.url, '-V', '311', '-t', 'req', '-e', 'res', '--exec', command]
    const terminal = spawnInTerminal(args, { columns: 200, rows: 20 })
    await broker.subscribed('req')
    const requester = runCli(['rr', '-L', broker.url, '-V', '311', '-t', 'req', '-e', 'res', '-n', '-W', '9'])
    await vi.waitFor(() => expect(existsSync(directory.file('began'))).toBe(true), { timeout: 9000 })
    terminal.stdin.write('\x03')
    await terminal.waitForStdout('^C')
    directory.write('end', '')
    expect(await requester.exit, requester.stderr).toBe(0)
    expect(requester.stdout.toString()).toBe('done\n\n')
    expect(await terminal.exited).toMatchObject({ code: 0 })
  })
})
