import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cheats } from '../../src/docs/cheat.ts'
import { type KnownBroker, knownAedes } from '../brokers/known-broker.ts'
import { freePort } from '../support/free-port.ts'
import type { Program } from '../support/program.ts'
import { runCli } from '../support/run.ts'
import { spawnShell } from '../support/spawn.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts'

interface Place {
  readonly broker: KnownBroker
  readonly folder: TemporaryDirectory
  /** Starts a line in the folder. */
  start(line: string): Program
  /** Publishes at QoS 1. */
  publish(topic: string, message: string, ...more: readonly string[]): Promise<void>
  /** The next messages of a filter, as soon as it is subscribed to. */
  listen(filter: string, count: number): Promise<{ readonly messages: Promise<string> }>
}

async function place(): Promise<Place> {
  const broker = await knownAedes()
  const folder = temporaryDirectory()
  const env = { TMQTT_HOST: '127.0.0.1', TMQTT_PORT: String(broker.port) }
  return {
    broker,
    folder,
    start: (line) => spawnShell(`cd '${folder.path}' || exit; ${line}`, env),
    async publish(topic, message, ...more) {
      expect(await runCli(['pub', '-t', topic, '-m', message, '-q', '1', ...more], { env }).exit).toBe(0)
    },
    async listen(filter, count) {
      const cli = runCli(['sub', '-t', filter, '-C', String(count), '-i', 'listener', '-F', '%t %p %q %r'], { env })
      await broker.subscribed(filter, 'listener')
      return { messages: cli.exit.then(() => cli.stdout.toString()) }
    },
  }
}

const done = { code: 0, signal: null }

/** For each line, somebody at the other side who sees that it does what it says. */
const proofs: Readonly<Record<string, (line: string, at: Place) => Promise<void>>> = {
  async 'tmqtt broker &'(line) {
    const port = await freePort()
    const broker = spawnShell(`${line} wait`, { TMQTT_PORT: String(port) })
    expect(await broker.nextLine()).toBe(`mqtt://127.0.0.1:${port}`)
    expect(await runCli(['pub', '-p', String(port), '-t', 'x', '-m', 'y', '-q', '1']).exit).toBe(0)
    await broker.stop()
  },
  async "tmqtt sub -t 'home/#' -v"(line, { start, broker, publish }) {
    const program = start(line)
    await broker.subscribed('home/#')
    await publish('home/light', 'on')
    expect(await program.nextLine()).toBe('home/light on')
    await program.stop()
  },
  async 'tmqtt pub -t home/light -m on -q 1 -r'(line, { start, listen }) {
    expect(await start(line).exited).toEqual(done)
    const { messages } = await listen('home/light', 1)
    expect(await messages).toBe('home/light on 0 1\n')
  },
  async 'tail -f app.log | tmqtt pub -l -t log -q 1'(line, { start, folder, listen }) {
    folder.write('app.log', 'one\ntwo\n')
    const { messages } = await listen('log', 2)
    const program = start(line)
    expect(await messages).toBe('log one 0 0\nlog two 0 0\n')
    await program.stop()
  },
  async 'tmqtt sub -t status -C 1 -W 10'(line, { start, publish }) {
    await publish('status', 'ready', '-r')
    const program = start(line)
    expect(await program.exited).toEqual(done)
    expect(program.stdout.toString()).toBe('ready\n')
  },
  async "tmqtt sub -t 'home/#' --json >home.jsonl"(line, { start, folder, broker, publish }) {
    // The shell waits for the end of what it is told to end here.
    const program = start(`{ ${line} & pid=$!; read -r _; kill $pid; wait $pid; }`)
    await broker.subscribed('home/#')
    await publish('home/light', 'on')
    program.stdin.end('\n')
    expect(await program.exited).toEqual(done)
    expect(JSON.parse(readFileSync(folder.file('home.jsonl'), 'utf8'))).toMatchObject({
      topic: 'home/light',
      payload: 'on',
    })
  },
  async 'tmqtt pub --json <home.jsonl'(line, { start, folder, listen }) {
    folder.write('home.jsonl', '{"topic":"home/light","payload":"on"}\n{"topic":"home/door","payload":"open"}\n')
    const { messages } = await listen('home/#', 2)
    expect(await start(line).exited).toEqual(done)
    expect(await messages).toBe('home/light on 0 0\nhome/door open 0 0\n')
  },
  async "tmqtt sub -t jobs -q 1 -c -i worker --exec 'cat >>jobs.log'"(line, { start, folder, broker, publish }) {
    const first = start(line)
    await broker.subscribed('jobs', 'worker')
    first.kill('SIGTERM')
    await first.exited
    await publish('jobs', 'dig\n')
    folder.write('jobs.log', '')
    const second = start(`${line} & tail -f jobs.log`)
    expect(await second.nextLine()).toBe('dig')
    await second.stop()
  },
  async "tmqtt retain list -t 'home/#'"(line, { start, publish }) {
    await publish('home/light', 'on', '-r')
    const program = start(line)
    expect(await program.exited).toEqual(done)
    expect(program.stdout.toString()).toBe('home/light\t2\n')
  },
  async 'tmqtt check --wait 30s'(line, { start }) {
    const program = start(line)
    expect(await program.exited).toEqual(done)
    expect(program.stdout.toString()).toMatch(/^✓ tcp /m)
  },
}

describe('tmqtt cheat', () => {
  it('has ten lines, and no two do the same', () => {
    expect(new Set(cheats.map(({ run }) => run)).size).toBe(10)
    expect(Object.keys(proofs)).toEqual(cheats.map(({ run }) => run))
  })

  it.each(cheats)('is right about: $run', async ({ run }) => {
    await proofs[run]!(run, await place())
  })

  it('prints lines with their meanings beside them on a wide terminal', async () => {
    const lines = (await printed(160)).split('\n')
    expect(lines).toHaveLength(11)
    const starts = new Set(cheats.map(({ shows }, at) => lines[at]!.indexOf(shows)))
    expect(starts.size).toBe(1)
    expect(Math.min(...starts)).toBeGreaterThan(0)
  })

  it.each([80, 30])('prints meanings below the lines on a terminal of %d columns, and within it', async (columns) => {
    const text = await printed(columns)
    const lines = text.split('\n')
    expect(lines.filter((line) => line.startsWith('tmqtt') || line.startsWith('tail'))).toEqual(
      cheats.map(({ run }) => run),
    )
    const meanings = lines.filter((line) => line.startsWith('    '))
    expect(meanings.map((line) => line.trim()).join(' ')).toBe(cheats.map(({ shows }) => shows).join(' '))
    for (const line of meanings) expect(line.length).toBeLessThanOrEqual(columns)
  })
})

async function printed(columns: number): Promise<string> {
  const cli = runCli(['cheat'], { stdoutIsTTY: true, columns })
  expect(await cli.exit).toBe(0)
  return cli.stdout.toString()
}
