// What `compare.mjs` and `bench.mjs` share: programs measured in turns.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const here = fileURLToPath(new URL('.', import.meta.url))
export const root = join(here, '../..')

/** A folder that is removed at the end. */
export const work = mkdtempSync(join(tmpdir(), 'tmqtt-perf-'))
process.once('exit', () => rmSync(work, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

// Node 20 reads the file that this names at every start: 50 ms that have nothing to do with anybody's code.
const { NODE_EXTRA_CA_CERTS: _, ...variables } = process.env
export const env = { ...variables, XDG_CONFIG_HOME: work, XDG_CACHE_HOME: work }

export const tmqtt = [process.execPath, join(root, 'bin/tmqtt.js')]

/** @param broker a function that starts one, or a stand-in and its arguments. */
async function started(broker) {
  return typeof broker === 'function' ? await broker() : await standIn(...broker)
}

/** A running stand-in: where it listens, and the lines that it prints. */
export async function standIn(script, args) {
  const child = spawn(process.execPath, [join(here, script), ...args.map(String)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const reports = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { port } = new URL((await reports.next()).value)
  return { port, report: async () => JSON.parse((await reports.next()).value), stop: () => child.kill() }
}

/** Runs a program to its end under GNU time. @returns wall and CPU seconds, peak memory in MB, exit status. */
export async function measure(command, { stdin = '/dev/null', stdout = '/dev/null', reader } = {}) {
  const figures = join(work, 'time')
  const timed = ['/usr/bin/time', '-q', '-o', figures, '-f', '%U %S %M', ...command]
  const files = [openSync(stdin, 'r'), openSync(stdout, 'w')]
  const piped = ['sh', '-c', `"$@" | ${reader}`, 'sh', ...timed]
  const [program, ...args] = reader === undefined ? timed : piped
  const began = performance.now()
  const [exitCode] = await once(spawn(program, args, { env, stdio: [...files, 'ignore'] }), 'exit')
  const wall = (performance.now() - began) / 1000
  for (const file of files) closeSync(file)
  const [user, system, kilobytes] = readFileSync(figures, 'utf8').trim().split(/\s+/).map(Number)
  return { wall, cpu: user + system, memory: kilobytes / 1024, exitCode }
}

export const to = (port) => ['-h', '127.0.0.1', '-p', port]

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * Runs a job's contenders in turn, so that a noisy machine is noisy for all.
 *
 * @returns the figures of each contender's runs.
 */
export async function inTurns({ contenders }, rounds) {
  const entries = Object.entries(contenders).map(([name, contender]) => ({ name, contender, runs: [] }))
  const brokers = new Map()
  try {
    for (const { contender } of entries) brokers.set(contender, await started(contender.broker))
    for (let round = 0; round < rounds; round++) {
      // Another order each round, so that no contender always follows the same one.
      for (let turn = 0; turn < entries.length; turn++) {
        const { contender, runs } = entries[(turn + round) % entries.length]
        runs.push(await contender.run(brokers.get(contender)))
      }
    }
  } finally {
    for (const broker of brokers.values()) broker.stop()
  }
  return entries
}
