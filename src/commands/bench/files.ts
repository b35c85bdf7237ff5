import { readFileSync, writeFileSync } from 'node:fs'
import { readCredentials } from '../../bench/credentials.ts'
import type { Credentials } from '../../bench/plan.ts'
import { readReport, readReports } from '../../bench/read-report.ts'
import type { Report } from '../../bench/report.ts'
import { LocalError } from '../../errors.ts'
import { warnIfShared } from '../../mqtt/read-file.ts'

/** @throws LocalError for a file that can't be read or is no report. */
export function readReportFile(path: string): Report {
  return readReport(readText(path, path), path)
}

/** One run, or several of one plan. @throws LocalError for a file that can't be read or has no reports in it. */
export function readReportsFile(path: string): readonly Report[] {
  return readReports(readText(path, path), path)
}

/**
 * @param warn told when others can read it, if it holds passwords.
 * @throws LocalError for a file that can't be read or has something else in it.
 */
export function readCredentialsFile(path: string, warn: (text: string) => void): readonly Credentials[] {
  const name = `--credentials ${path}`
  const all = readCredentials(readText(path, name), name)
  if (all.some(({ password }) => password !== undefined)) warnIfShared('--credentials', path, warn)
  return all
}

/** So that a thread has room for some. */
export const LARGEST_PAYLOAD = 16 * 1024 ** 2

/** @throws LocalError for a file that can't be read or is too large. */
export function readPayloadFile(path: string): Buffer {
  const name = `--payload-file ${path}`
  const content = readBytes(path, name)
  if (content.length <= LARGEST_PAYLOAD) return content
  throw new LocalError(`${name}: has ${content.length} bytes; a payload has at most ${LARGEST_PAYLOAD}`)
}

function readText(path: string, name: string): string {
  return readBytes(path, name).toString()
}

function readBytes(path: string, name: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new LocalError(`${name}: ${reasonOf(error)}`, { cause: error })
  }
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
