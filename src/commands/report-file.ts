import { reasonOf } from '../config/files.ts'
import { LocalError } from '../errors.ts'
import type { Suite } from '../reports/suite.ts'

/** A file for a report in the XML of JUnit. */
export interface ReportFile {
  /** @throws LocalError */
  write(suite: Suite): Promise<void>
}

/** Empties the file, so that no report of another run is left if this one fails. @throws LocalError */
export async function openReport(path: string): Promise<ReportFile> {
  const { open } = await import('node:fs/promises')
  const failure = (error: unknown) => new LocalError(`--junit ${path}: ${reasonOf(error)}`, { cause: error })
  const file = await open(path, 'w').catch((error: unknown) => Promise.reject(failure(error)))
  return {
    async write(suite) {
      const { junit } = await import('../reports/junit.ts')
      try {
        await file.writeFile(junit(suite))
        await file.close()
      } catch (error) {
        throw failure(error)
      }
    },
  }
}
