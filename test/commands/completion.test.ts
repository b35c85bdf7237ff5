import { expect, it } from 'vitest'
import { runCli } from '../support/run.ts'

it.each([
  ['bash', 'complete -o default -F _tmqtt tmqtt\n'],
  ['zsh', 'compdef _tmqtt tmqtt\nfi\n'],
  ['fish', 'complete -c tmqtt -f\n'],
])('completion %s prints the script for it, and nothing else', async (shell, line) => {
  const cli = runCli(['completion', shell])
  expect(await cli.exit).toBe(0)
  expect(cli.stdout.toString()).toContain(line)
  expect(cli.stderr).toBe('')
})

it.each([
  [['completion'], 'tmqtt completion: --shell is missing'],
  [['completion', 'tcsh'], 'expected bash, zsh or fish, got "tcsh"'],
])('%j is wrong usage', async (argv, says) => {
  const cli = runCli(argv)
  expect(await cli.exit).toBe(1)
  expect([cli.stdout.toString(), cli.stderr]).toEqual(['', expect.stringContaining(says)])
})
