import { readFileSync, statSync } from 'node:fs'
import { sep } from 'node:path'
import { UsageError } from '../errors.ts'

/** @throws UsageError that names the option. */
export function readFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw unreadable(option, path, error)
  }
}

/** As `readFile`; warns when others can read it too. */
export function readSecretFile(option: string, path: string, warn: (text: string) => void): Buffer {
  const bytes = readFile(option, path)
  warnIfShared(option, path, warn)
  return bytes
}

/** Says so when others can read a file that holds secrets. */
export function warnIfShared(option: string, path: string, warn: (text: string) => void): void {
  const { mode } = statSync(path)
  if ((mode & 0o077) !== 0 && sep === '/') warn(`${option} ${path}: other users can read this file (chmod 600)`)
}

/** The error for a path that an option names, in words. */
export function unreadable(option: string, path: string, error: unknown): UsageError {
  const { code, message } = error as NodeJS.ErrnoException
  const reason =
    code === 'ENOENT'
      ? 'no such file'
      : code === 'EACCES'
        ? 'permission denied'
        : code === 'EISDIR'
          ? 'is a directory'
          : message
  return new UsageError(`${option} ${path}: ${reason}`, { cause: error })
}
