import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from './program.ts'

/** Builds the bundle once per run, for the tests that spawn it; they share a compile cache. */
export function setup(): () => void {
  runProgram('npm', ['run', 'build'], fileURLToPath(new URL('../..', import.meta.url)))
  const cache = mkdtempSync(join(tmpdir(), 'tmqtt-test-cache-'))
  process.env.XDG_CACHE_HOME = cache
  return () => rmSync(cache, { recursive: true, force: true })
}
