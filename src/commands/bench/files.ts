import { readFileSync, writeFileSync } from 'node:fs'
import { readReport } from '../../bench/read-report.ts'
import type { Report } from '../../bench/report.ts'
import { LocalError } from '../../errors.ts'

/** @throws LocalError for a file that can't be read or is no report. */
export function readReportFile(path: string): Report {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new LocalError(`${path}: ${reasonOf(error)}`, { cause: error })
  }
  return readReport(text, path)
}

/** @throws LocalError that names the option. */
export function writeReportFile(option: string, path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new LocalError(`${option} ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

/** Says before a long run whether the file can be written. @throws LocalError that names the option. */
export function openForWriting(option: string, path: string): void {
  try {
    writeFileSync(path, '', { flag: 'a' })
  } catch (error) {
    throw new LocalError(`${option} ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'no such file or directory'
  if (code === 'EISDIR') return 'is a directory'
  return code === 'ENOSPC' ? 'no space left on device' : message
}
