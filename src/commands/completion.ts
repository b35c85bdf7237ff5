import { oneOf } from '../options/kinds.ts'
import { table } from '../options/option.ts'
import { writeOutput } from '../streams/sink.ts'
import { type Body, type Command, command } from './command.ts'

const options = table({
  shell: {
    kind: oneOf('SHELL', { bash: 'bash', zsh: 'zsh', fish: 'fish' } as const),
    group: 'Completion',
    describe: 'Shell to print the script for',
    required: true,
  },
})

/** @param commands gives all of them. */
export function completionCommand(commands: () => Promise<readonly Command[]>): Body {
  return command({
    description:
      'Prints a script that has the shell complete commands, options, their values and the names of profiles at the ' +
      'press of TAB. For bash, eval "$(tmqtt completion bash)" belongs into ~/.bashrc, or the script into a folder of ' +
      'bash-completion. For zsh the script is to be a file _tmqtt in a folder of $fpath. The script is that of the ' +
      'version of tmqtt which prints it.',
    options,
    positionals: ['shell'],
    examples: [
      {
        run: 'tmqtt completion bash > ~/.local/share/bash-completion/completions/tmqtt',
        shows: 'for bash with bash-completion, which loads it at the first TAB',
      },
      {
        run: 'tmqtt completion zsh > ~/.zsh/completions/_tmqtt',
        shows: 'for zsh, if ~/.zshrc has this folder in $fpath before compinit',
      },
      { run: 'tmqtt completion fish > ~/.config/fish/completions/tmqtt.fish', shows: 'for fish' },
    ],

    async run({ shell }, io) {
      const { completionScript } = await import('../docs/completion/completion.ts')
      await writeOutput(io.stdout, completionScript(shell, await commands()))
      return undefined
    },
  })
}
