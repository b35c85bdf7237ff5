import { readFileSync } from 'node:fs'
import { complete, parse } from '../../src/parse.ts'
import { runProgram } from './program.ts'
import { temporaryDirectory } from './temporary.ts'

/**
 * The arguments of each tmqtt that bash runs in a script, which sees no other directory than an empty one.
 *
 * @param before what is to be defined first.
 */
export function argumentsIn(script: string, before = ''): string[][] {
  const directory = temporaryDirectory()
  directory.write(
    'tmqtt',
    `#!/bin/sh\nprintf '%s\\0' "$@" >>${directory.path}/log\nprintf '\\n' >>${directory.path}/log\n`,
    0o700,
  )
  directory.write('log', '')
  runProgram('bash', ['-c', `cd ${directory.path}; PATH=${directory.path}:$PATH; ${before}\n${script}\nwait`])
  const lines = readFileSync(directory.file('log'), 'utf8').split('\0\n').slice(0, -1)
  return lines.map((line) => line.split('\0'))
}

/** Fails unless the options of a command line are right by all the rules of its command. */
export async function expectUsable(argv: readonly string[]): Promise<void> {
  const parsed = await parse(argv, {})
  if (!('sources' in parsed)) throw new Error(`'${argv.join(' ')}' only prints a text`)
  complete(parsed.command, parsed.sources)
}
