import { atEndOfFile } from '../support/clean-up.ts'

/**
 * Collects the errors of this process that nobody has caught, each of which would be a stack trace at a user's.
 *
 * @returns a look at them: throws the first of them, which then counts no more.
 */
export function strayErrors(): () => void {
  const found: unknown[] = []
  const collect = (error: unknown) => {
    found.push(error)
  }
  process.on('uncaughtExceptionMonitor', collect)
  process.on('unhandledRejection', collect)
  atEndOfFile(() => {
    process.off('uncaughtExceptionMonitor', collect)
    process.off('unhandledRejection', collect)
  })
  return () => {
    const [first] = found.splice(0)
    if (first !== undefined) throw new Error('an error that nobody has caught', { cause: first })
  }
}
