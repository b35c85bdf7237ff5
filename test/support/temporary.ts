import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atEndOfTest } from './clean-up.ts'

const existing = new Set<string>()

// A test runner that is told to end doesn't run hooks.
process.once('exit', () => {
  for (const path of existing) rmSync(path, { recursive: true, force: true })
})

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string
  /** The path of a file in it, which need not exist. */
  file(name: string): string
  /** Writes a file and returns its path. */
  write(name: string, content: string | Uint8Array, mode?: number): string
  stop(): Promise<void>
}

/** A new empty directory, removed with all its content at the end of the test, or when `removeAt` says. */
export function temporaryDirectory(removeAt: typeof atEndOfTest = atEndOfTest): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), 'tmqtt-test-'))
  existing.add(path)
  const stop = async () => {
    await rm(path, { recursive: true, force: true })
    existing.delete(path)
  }
  removeAt(stop)
  return {
    path,
    file: (name) => join(path, name),
    write(name, content, mode = 0o600) {
      writeFileSync(join(path, name), content, { mode })
      return join(path, name)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
