import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Runs a program to its end; what it says on stderr is shown.
 *
 * @returns what it printed.
 * @throws Error when it does not end with 0.
 */
export function run(command, args, options = {}) {
  const stdio = ['ignore', 'pipe', 'inherit']
  const { error, status, signal, stdout } = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio, ...options })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal}:\n${stdout}`)
  return stdout
}
