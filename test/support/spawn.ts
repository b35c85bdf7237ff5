import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { atEndOfTest } from './clean-up.ts'
import { bareEnvironment } from './environment.ts'
import { type Environment, type Program, type ProgramOptions, startProgram } from './program.ts'
import { temporaryDirectory } from './temporary.ts'

const bin = fileURLToPath(new URL('../../bin/tmqtt.js', import.meta.url))

/** Whether `script` of util-linux is installed, which has other options than the one of BSD. */
export const hasScript =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false

export interface SpawnOptions {
  /** Over a bare environment with an empty HOME. */
  readonly env?: Environment
  /** Written to its stdin, which then ends; without it stdin stays open. */
  readonly input?: string | Uint8Array
  readonly cwd?: string
}

/** Starts the built program as a user does. */
export function spawnTmqtt(args: readonly string[], options: SpawnOptions = {}): Program {
  return start(process.execPath, [bin, ...args], { ...options, env: bareEnvironment(options.env) })
}

/** Runs a bash script that finds `tmqtt` in its PATH. */
export function spawnShell(script: string, env?: Environment): Program {
  const directory = temporaryDirectory()
  directory.write('tmqtt', `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(bin)} "$@"\n`, 0o700)
  const bare = bareEnvironment(env)
  return start('bash', ['-c', script], { env: { ...bare, PATH: `${directory.path}:${bare.PATH}` }, group: true })
}

export interface TerminalOptions {
  readonly columns: number
  readonly rows: number
  /** Typed at once; more can be typed through `stdin`, which stays open. */
  readonly input?: string
  readonly env?: Environment
}

/**
 * Starts the built program on a pseudo terminal. `stdout` is what the screen gets: lines end in CR LF, and what is typed
 * is echoed. Ctrl-C is `stdin.write('\x03')`; `kill` reaches `script` only.
 */
export function spawnInTerminal(args: readonly string[], options: TerminalOptions): Program {
  const command = [process.execPath, bin, ...args].map(quote).join(' ')
  const sized = `stty columns ${options.columns} rows ${options.rows} && exec ${command}`
  const env = bareEnvironment({ TERM: 'xterm-256color', SHELL: '/bin/sh', ...options.env })
  const program = start('script', ['-qefc', sized, '/dev/null'], { env, group: true })
  if (options.input !== undefined) program.stdin.write(options.input)
  return program
}

function start(command: string, args: readonly string[], options: ProgramOptions): Program {
  const program = startProgram(command, args, options)
  atEndOfTest(program.stop)
  return program
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
