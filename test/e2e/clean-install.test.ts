import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { version } from '../../src/version.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { bareEnvironment } from '../support/environment.ts'
import { startProgram } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary.ts'

it('npm ci --ignore-scripts is all that the build needs, and makes the same', async () => {
  const project = temporaryDirectory()
  const names = ['.ci', '.npmrc', 'bin', 'src', 'tsconfig.json', 'package.json', 'package-lock.json', 'LICENSE']
  const filter = (path: string) => !path.endsWith('node_modules')
  for (const name of names) cpSync(name, project.file(name), { recursive: true, filter })
  const env = bareEnvironment({ HOME: process.env.HOME })
  const run = async (command: string, ...args: readonly string[]) => {
    const program = startProgram(command, args, { env, cwd: project.path, input: '' })
    atEndOfTest(program.stop)
    expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
    return program.stdout.toString()
  }
  await run('npm', 'ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund')
  await run('npm', 'run', '--silent', 'build')
  expect(await run('node', 'bin/tmqtt.js', '--version')).toBe(`tmqtt ${version}\n`)
  const made = readdirSync(project.file('dist')).sort()
  expect(made).toEqual(readdirSync('dist').sort())
  for (const name of made)
    expect(readFileSync(project.file(`dist/${name}`)).equals(readFileSync(`dist/${name}`)), name).toBe(true)
}, 120_000)
