import { readFileSync } from 'node:fs'

/** Whether the process runs whose identifier the file holds. */
export function isRunning(pidFile: string): boolean {
  try {
    // A zombie that nobody has waited for is not running.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}/stat`, 'utf8'))
  } catch {
    return false
  }
}
