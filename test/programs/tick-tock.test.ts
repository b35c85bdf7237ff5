import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type KnownBroker, knownAedes, knownMosquitto } from '../brokers/known-broker.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import type { Program } from '../support/program.ts'
import { spawnShell, spawnTmqtt } from '../support/spawn.ts'

const workerScript = fileURLToPath(new URL('worker.sh', import.meta.url))

describe.each([
  { name: 'aedes', available: true, start: knownAedes },
  { name: 'mosquitto', available: hasMosquitto, start: knownMosquitto },
])('tick-tock on $name', ({ available, start }) => {
  describe.skipIf(!available)('with three workers', () => {
    it('has every worker answer every tick, until one halts, then all', async () => {
      const broker = await start()
      const env = { TMQTT_HOST: '127.0.0.1', TMQTT_PORT: String(broker.port) }
      const watcher = spawnTmqtt(['sub', '-t', 'tock/#', '-v'], { env })
      const ticker = spawnTmqtt(['pub', '-l', '-t', 'tick'], { env })
      const workers = await Promise.all([1, 2, 3].map(() => startWorker(broker, env)))
      await broker.subscribed('tock/#')
      const [first, ...others] = workers
      const tickAnsweredBy = async (answering: readonly Program[]) => {
        ticker.stdin.write('tick\n')
        expect(await nextTocks(watcher, answering.length)).toEqual(tocksOf(answering))
      }

      for (let round = 0; round < 3; round++) await tickAnsweredBy(workers)

      await publish(env, `control/${first!.pid}`)
      await leaves(first!)
      await tickAnsweredBy(others)

      await publish(env, 'control/all')
      await Promise.all(others.map(leaves))
      // Nobody is left to answer: the next line is ours.
      ticker.stdin.write('tick\n')
      await publish(env, 'tock/end')
      expect(await watcher.nextLine()).toBe('tock/end halt')

      ticker.stdin.end()
      expect(await ticker.exited).toEqual({ code: 0, signal: null })
      watcher.kill('SIGINT')
      expect(await watcher.exited).toEqual({ code: 0, signal: null })
    })

    it('leaves the loop of ticks to the shell', async () => {
      const broker = await start()
      const env = { TMQTT_HOST: '127.0.0.1', TMQTT_PORT: String(broker.port) }
      const watcher = spawnTmqtt(['sub', '-t', 'tock/#', '-v'], { env })
      const worker = await startWorker(broker, env)
      await broker.subscribed('tock/#')
      spawnShell('while true; do echo tick; sleep 0.1; done | tmqtt pub -l -t tick', env)
      for (let round = 0; round < 3; round++) {
        expect(await nextTocks(watcher, 1)).toEqual(tocksOf([worker]))
      }
      await publish(env, 'control/all')
      await leaves(worker)
    })
  })
})

type Environment = Readonly<Record<string, string>>

/** @returns the worker when it is ready: its pid is that of its shell. */
async function startWorker(broker: KnownBroker, env: Environment): Promise<Program> {
  const worker = spawnShell(`exec ${workerScript}`, env)
  await Promise.all(['tick', `control/${worker.pid}`, 'control/all'].map((filter) => broker.subscribed(filter)))
  return worker
}

/** What the watcher prints next, in any order, without the seconds. */
async function nextTocks(watcher: Program, count: number): Promise<string[]> {
  const lines: string[] = []
  while (lines.length < count) lines.push((await watcher.nextLine()).replace(/ \d+$/, ' UPTIME'))
  return lines.sort()
}

function tocksOf(workers: readonly Program[]): string[] {
  return workers.map(({ pid }) => `tock/${pid} ${pid} UPTIME`).sort()
}

async function publish(env: Environment, topic: string): Promise<void> {
  const program = spawnTmqtt(['pub', '-t', topic, '-m', 'halt'], { env })
  expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
}

async function leaves(worker: Program): Promise<void> {
  expect(await worker.exited).toEqual({ code: 0, signal: null })
  expect(worker.stderr).toBe('')
}
