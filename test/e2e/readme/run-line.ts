import { statSync } from 'node:fs'
import { expect, vi } from 'vitest'
import type { Mosquitto } from '../../support/mosquitto.ts'
import { mosquittoPub } from '../../support/mosquitto-clients.ts'
import type { Program } from '../../support/program.ts'
import { startWorld, type World } from './world.ts'

/** What is published where a line waits for certain payloads, in this order. */
const awaited: Readonly<Record<string, readonly string[]>> = {
  status: ['ready'],
  job: ['a', 'b'],
}

/** Does what a reader of the README does who types a line, and what others have to do meanwhile. Throws when it fails. */
export async function runLine(text: string): Promise<void> {
  await using world = await startWorld(text)
  const name = /tmqtt (\w+)/.exec(text)?.[1]
  if (name === undefined) throw new Error('it runs no tmqtt: readme-lines.test.ts wants to know why it need not be run')
  const accompany = companions[name] ?? (async (_, { exited }) => await exited)
  if (name === 'rr') await startAnswering(world, text)
  const program = world.run(text.replace(/ &$/, ''))
  await Promise.race([accompany(world, program, text), program.exited])
  if (/^while true/.test(text)) return
  await expectSuccess(program, statusesOf(text))
  if (/^tmqtt (sub|rr)\b(?!.* (>|\| tmqtt))/s.test(text)) expect(program.stdout.length).toBeGreaterThan(0)
}

function statusesOf(text: string): readonly number[] {
  // A probe of the round trip may find it too long on a machine that has much to do.
  if (text.includes('--crit')) return [0, 6]
  // Ctrl-C reaches both ends of a bridge.
  if (text.includes('| tmqtt pub -h')) return [0, 130]
  return [0]
}

type Companion = (world: World, program: Program, text: string) => Promise<unknown>

const companions: Readonly<Record<string, Companion>> = {
  async sub(world, program, text) {
    await publishWhatIsAwaited(world.broker)
    const [, file] = />\s*(\S+\.json)/.exec(text) ?? []
    if (text.includes('| tmqtt pub -h b')) await world.other!.waitForLog('Received PUBLISH')
    else if (file !== undefined) await vi.waitUntil(() => statSync(world.file(file)).size > 0, { timeout: 10_000 })
    else await program.waitForStdout(/./)
    world.interrupt(program)
  },
  async expect(world, program, text) {
    if (!text.includes(' -- ')) await publishWhatIsAwaited(world.broker)
    await program.exited
  },
  async reply(world, program, text) {
    await filterAt(world.broker)
    const { version, topic, answer = 'answer' } = requestOf(text)
    const asking = world.run(`tmqtt rr ${version} -t ${topic} -e ${answer} -m hello -W 20`)
    await expectSuccess(asking)
    expect(asking.stdout.toString()).toMatch(/./)
    world.interrupt(program)
  },
  async pub(world, program, text) {
    await (text.startsWith('while true') ? world.broker.waitForLog('Received PUBLISH') : program.exited)
  },
  async broker(world, program) {
    await program.waitForStdout('mqtt://127.0.0.1:')
    world.interrupt(program)
  },
}

function requestOf(text: string): { version: string; topic: string; answer: string | undefined } {
  const [version = ''] = /-V \d+/.exec(text) ?? []
  const [, topic] = /-t (\S+)/.exec(text)!
  const [, answer] = /-e (\S+)/.exec(text) ?? []
  return { version, topic: topic!.replace('+', 'x'), answer }
}

/** As many who answer as a request waits for. */
async function startAnswering({ broker, run }: World, text: string): Promise<void> {
  const { version, topic, answer } = requestOf(text)
  const [, count = '1'] = /--count (\d+)/.exec(text) ?? []
  for (let at = 0; at < Number(count); at += 1) {
    run(`tmqtt reply ${version} -t ${topic} ${version === '' ? '' : `-e ${answer}`} -m yes`)
  }
  await broker.waitForLog((log) => log.match(/: \S+ [012] \S+$/gm)?.length === Number(count))
}

async function publishWhatIsAwaited(broker: Mosquitto): Promise<void> {
  const topic = (await filterAt(broker)).replace(/[+#]/g, 'x')
  for (const payload of awaited[topic] ?? ['on']) {
    await expectSuccess(mosquittoPub(['-p', String(broker.ports.tcp), '-q', '1', '-t', topic, '-m', payload]))
  }
}

/** The first that somebody subscribes to. */
async function filterAt(broker: Mosquitto): Promise<string> {
  const log = await broker.waitForLog(/: \S+ [012] \S+$/m)
  return /: \S+ [012] (\S+)$/m.exec(log)![1]!
}

async function expectSuccess(program: Program, statuses: readonly number[] = [0]): Promise<void> {
  const { code, signal } = await program.exited
  if (code === null || !statuses.includes(code))
    throw new Error(`it ended with ${signal ?? code}, and on stderr ${program.stderr}`)
}
