// What V8 has compiled by the end of a command, which is half of what a short one has to do.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

const warm = fileURLToPath(new URL('warm.cjs', import.meta.url))

/** By the word that a command line begins with; the first serves all other commands, too. */
const RUNS = {
  sub: ['-t', 'there', '-C', '1'],
  pub: ['-t', 't', '-m', 'x'],
  rr: ['-V', '311', '-t', 't', '-e', 't', '-m', 'x'],
  help: ['sub', '--help'],
}

/**
 * Runs each against a broker of its own.
 *
 * @param node that is to use the caches.
 * @returns the paths of the caches, by their names.
 */
export async function makeCaches(node, program, folder) {
  const env = { HOME: folder }
  const warmed = (name, args) => {
    const path = join(folder, `cache-${name}`)
    run(node, [warm, program, path, ...args], { env })
    return [name, path]
  }
  const broker = spawn(node, [warm, program, join(folder, 'cache-broker'), 'broker', '-p', '0'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [url] = await once(createInterface(broker.stdout), 'line')
    Object.assign(env, { TMQTT_HOST: new URL(url).hostname, TMQTT_PORT: new URL(url).port })
    warmed('pub', ['pub', '-t', 'there', '-m', 'x', '-r'])
    const caches = Object.entries(RUNS).map(([name, args]) => warmed(name, name === 'help' ? args : [name, ...args]))
    return Object.fromEntries(caches)
  } finally {
    broker.kill('SIGKILL')
  }
}
