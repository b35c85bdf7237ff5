import { fileURLToPath } from 'node:url'
import { runProgram } from './program.ts'

/** Builds the bundle once per run, for the tests that spawn it. */
export function setup(): void {
  runProgram('npm', ['run', 'build'], fileURLToPath(new URL('../..', import.meta.url)))
}
