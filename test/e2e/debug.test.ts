import { describe, expect, it } from 'vitest'
import { knownAedes } from '../brokers/known-broker.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { hasMosquittoClients, mosquittoPub, mosquittoSub } from '../support/mosquitto-clients.ts'
import type { Program } from '../support/program.ts'
import { runCli } from '../support/run.ts'
import { spawnShell, spawnTmqtt } from '../support/spawn.ts'

const versions = ['31', '311', '5']
const everyCase = versions.flatMap((version) => ['0', '1', '2'].map((qos) => ({ version, qos })))

/** What it has printed on stdout when it ended well, with another name for what differs from run to run. */
async function printed(program: Program): Promise<string[]> {
  expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
  expect(program.stderr).toBe('')
  const text = program.stdout
    .toString()
    .replace(/Client (?:auto-[0-9A-F-]+|mosq-\w+|tmqtt-\w+)/g, 'Client ID')
    // mosquitto counts messages at QoS 0, too; in the packet there is no identifier.
    .replace(/(sending PUBLISH \(d0, q0, r\d, m)\d+/g, '$10')
  return text.split('\n')
}

describe.skipIf(!hasMosquitto || !hasMosquittoClients)("-d prints what mosquitto's clients print", () => {
  it.each(everyCase)('pub -V $version -q $qos', async ({ version, qos }) => {
    const { ports } = await startMosquitto()
    const will = ['--will-topic', 'w', '--will-payload', 'SECRET']
    const login = ['-u', 'joe', '-P', 'SECRET']
    const args = [
      '-d',
      '-p',
      String(ports.tcp),
      '-V',
      version,
      '-t',
      'a/ä',
      '-q',
      qos,
      '-m',
      'hello',
      ...will,
      ...login,
    ]
    const theirs = await printed(mosquittoPub(args))
    expect(theirs.length).toBeGreaterThanOrEqual(5)
    expect(await printed(spawnTmqtt(['pub', ...args]))).toEqual(theirs)
  })

  it.each(everyCase)('sub -V $version -q $qos', async ({ version, qos }) => {
    const { ports, urls, waitForLog } = await startMosquitto()
    const filters = ['-t', 's', '-t', 'with/+']
    const args = ['-d', '-p', String(ports.tcp), '-V', version, ...filters, '-R', '-q', qos, '-C', '1']
    const both = [mosquittoSub(args), spawnTmqtt(['sub', ...args])]
    await waitForLog((log) => log.split(/ \d s$/m).length > both.length)
    expect(await runCli(['pub', '-L', urls.tcp, '-t', 's', '-q', qos, '-m', 'hello']).exit).toBe(0)
    const [theirs, ours] = await Promise.all(both.map(printed))
    expect(theirs!.length).toBeGreaterThanOrEqual(8)
    // They acknowledge before they print a message, we after.
    const isLog = (line: string) => /^(Client|Subscribed)/.test(line)
    expect(ours!.filter(isLog)).toEqual(theirs!.filter(isLog))
    expect(ours!.filter((line) => !isLog(line))).toEqual(['hello', ''])
  })
})

it('-d goes on without its reader', async () => {
  const broker = await knownAedes()
  const subscriber = runCli(['sub', '-L', broker.url, '-t', 't', '-C', '3000'])
  await broker.subscribed('t')
  const env = { TMQTT_HOST: '127.0.0.1', TMQTT_PORT: String(broker.port) }
  const publisher = spawnShell('set -o pipefail; seq 3000 | tmqtt pub -d -l -t t -q 1 | head -1', env)
  expect(await publisher.exited, publisher.stderr).toEqual({ code: 0, signal: null })
  expect(publisher.stdout.toString()).toBe('Client (null) sending CONNECT\n')
  expect(await subscriber.exit).toBe(0)
})
