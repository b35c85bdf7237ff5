// What V8 has compiled by the end of a command, which is half of what a short one has to do.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

const warm = fileURLToPath(new URL('warm.mjs', import.meta.url))

/** By the word that a command line begins with; the first serves all other commands, too. */
const RUNS = {
  sub: ['sub', '-t', 'there', '-C', '1'],
  pub: ['pub', '-t', 't', '-m', 'x'],
  rr: ['rr', '-V', '311', '-t', 't', '-e', 't', '-m', 'x'],
  help: ['sub', '--help'],
}

/**
 * Runs each against a broker of its own, and writes a folder for each.
 *
 * @param node that is to use the caches.
 * @param pieces the folder of the program.
 * @returns their names.
 */
export async function makeCaches(node, pieces, folder) {
  const env = { HOME: folder }
  const warmed = (name, args) => {
    mkdirSync(join(folder, name), { recursive: true })
    run(node, [warm, pieces, join(folder, name), ...args], { env })
  }
  const stdio = ['ignore', 'pipe', 'inherit']
  const broker = spawn(node, [warm, pieces, folder, 'broker', '-p', '0'], { env, stdio })
  try {
    const [url] = await once(createInterface(broker.stdout), 'line')
    Object.assign(env, { TMQTT_HOST: new URL(url).hostname, TMQTT_PORT: new URL(url).port })
    warmed('pub', ['pub', '-t', 'there', '-m', 'x', '-r'])
    for (const [name, args] of Object.entries(RUNS)) warmed(name, args)
  } finally {
    broker.kill('SIGKILL')
  }
  return Object.keys(RUNS)
}
