import { fileURLToPath } from 'node:url'
import { loadCommands } from '../../../src/commands/index.ts'
import { completionScript, type Shell } from '../../../src/docs/completion/completion.ts'
import { atEndOfTest } from '../../support/clean-up.ts'
import { bareEnvironment } from '../../support/environment.ts'
import { findProgram, startProgram } from '../../support/program.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

const commands = await loadCommands()

const bin = fileURLToPath(new URL('../../../bin/tmqtt.js', import.meta.url))

export const isInstalled = (shell: Shell) => findProgram(shell) !== undefined

/** A folder that a shell works in: with `tmqtt` in the PATH, and the completion script. */
export interface Workplace {
  readonly path: string
  /** Path of the completion script. */
  readonly script: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** zsh is to find the script by itself. */
  readonly isAutoloaded: boolean
  write(name: string, content: string): string
  file(name: string): string
}

export function workplace(shell: Shell, isAutoloaded = false): Workplace {
  const { path, write, file } = temporaryDirectory()
  const env = bareEnvironment({ HOME: path })
  write('tmqtt', `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, 0o700)
  return {
    path,
    isAutoloaded,
    script: write(isAutoloaded ? '_tmqtt' : `script.${shell}`, completionScript(shell, commands)),
    env: { ...env, PATH: `${path}:${env.PATH}` },
    write,
    file,
  }
}

/** What a shell offers at the end of each line, in some order. */
export async function offers(shell: Shell, place: Workplace, lines: readonly string[]): Promise<string[][]> {
  const { argv, input } = askers[shell](place, lines)
  const program = startProgram(shell, argv, { env: place.env, cwd: place.path, input })
  atEndOfTest(program.stop)
  const { code } = await program.exited
  if (code !== 0 || program.stderr !== '') throw new Error(`${shell} ended with ${code}: ${program.stderr}`)
  const text = program.stdout.toString()
  // As it would stand on the command line.
  return answers(shell === 'fish' ? text : text.replaceAll('\\', ''))
}

/** Each answer follows a line with a mark. */
function answers(text: string): string[][] {
  return text
    .split(/^> .*\n/m)
    .slice(1)
    .map((each) => [...new Set(each.split('\n').filter((line) => line !== ''))].sort())
}

type Asker = (
  place: Workplace,
  lines: readonly string[],
) => { readonly argv: readonly string[]; readonly input: string }

const askers: Readonly<Record<Shell, Asker>> = {
  bash: ({ script }, lines) => ({
    argv: ['--norc', '-s'],
    input: `${BASH_SETUP}\nsource '${script}'\n${lines.map(askBash).join('\n')}\n`,
  }),
  zsh: (place, lines) => {
    const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
    const source = place.isAutoloaded ? '' : place.script
    place.write('zshrc', `fpath=('${place.path}' $fpath); SCRIPT='${source}'; source '${path('zsh-offers.zsh')}'\n`)
    return {
      argv: ['-f', path('zsh-typist.zsh'), place.file(`offers-${counter++}`), place.file('zshrc')],
      input: lines.map((line) => `${line}\n`).join(''),
    }
  },
  fish: (place, lines) => {
    const ask = (line: string) => {
      const typed = line.replace(/[\\']/g, '\\$&')
      // The word as far as it is typed comes back, too.
      return `echo '> '; complete -C '${typed}' | string replace -r '\\t.*' '' | string replace -r '^--[a-z-]+=' ''`
    }
    const script = [`source '${place.script}'`, ...lines.map(ask), 'true\n'].join('\n')
    return { argv: ['--no-config', place.write('ask.fish', script)], input: '' }
  },
}
let counter = 0

/** No completion is under way here: what the function says of file names is printed. */
const BASH_SETUP = `
compopt() {
  case "$*" in
  '+o default') if [[ $files == FILES ]]; then files=''; fi ;;
  '-o dirnames') files=FOLDERS ;;
  esac
}
ask() {
  files=FILES
  COMPREPLY=()
  _tmqtt
  echo '> '
  printf '%s\\n' "\${COMPREPLY[@]}"
  if [[ \${#COMPREPLY[@]} == 0 ]]; then echo "$files"; fi
}
COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
`

/** As readline hands a line over: words are parted at blanks, and at = and : too. */
function askBash(line: string): string {
  const parts = (word: string) => word.split(/([=:]+)/).filter((part) => part !== '')
  const words = line.split(' ').flatMap((word) => (word === '' ? [''] : parts(word)))
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`)
  return `COMP_LINE='${line.replaceAll("'", "'\\''")}' COMP_WORDS=(${quoted.join(' ')}) COMP_CWORD=${words.length - 1}; ask`
}
