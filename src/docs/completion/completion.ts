import type { Command } from '../../commands/command.ts'
import { bashCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { completed } from './model.ts'
import { zshCompletion } from './zsh.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

/** What teaches a shell the commands, their options and what these can be set to. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  return scripts[shell](commands.map(completed))
}
