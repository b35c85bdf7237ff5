import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ShellLine {
  /** Of the README, from 1. */
  readonly number: number
  /** What a reader types: a command, which may go over several lines. */
  readonly text: string
}

const readme = readFileSync('README.md', 'utf8')

/** Everything in the README that is for a shell, command by command. */
export function shellLines(): ShellLine[] {
  return blocks('sh|console').flatMap(({ number, text }) => {
    if (text.startsWith('#!')) return [{ number, text }]
    const found: ShellLine[] = []
    let command = ''
    text.split('\n').forEach((line, at) => {
      command += `${line.replace(/^\$ /, '')}\n`
      if (/[\\|]\n$/.test(command) || !isComplete(command)) return
      const first = number + at + 2 - command.split('\n').length
      if (!/^\s*(#|$)/.test(command)) found.push({ number: first, text: command.trim() })
      command = ''
    })
    if (command.trim() !== '') throw new Error(`README.md:${number}: bash does not understand ${command}`)
    return found
  })
}

/** The code blocks of some languages, with the number of their first line. */
export function blocks(languages: string): ShellLine[] {
  const pattern = new RegExp(`^\`\`\`(?:${languages})\\n(.*?)^\`\`\`$`, 'gms')
  return [...readme.matchAll(pattern)].map(({ 1: text, index }) => ({
    number: readme.slice(0, index).split('\n').length + 1,
    text: text!.trimEnd(),
  }))
}

function isComplete(command: string): boolean {
  return spawnSync('bash', ['-n'], { input: command }).status === 0
}
