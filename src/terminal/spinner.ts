import type { Io } from '../io.ts'

/** Quick work shows no spinner, and does not load the package that draws it. */
const PATIENCE_MS = 500

/**
 * Does the work, and says on a terminal what is waited for when it takes long.
 *
 * @param text or what gives it when it is shown.
 */
export async function withSpinner<T>(io: Io, text: string | (() => string), work: Promise<T>): Promise<T> {
  let stop: (() => void) | undefined
  let done = false
  const timer = setTimeout(async () => {
    // ora 9.4.1 loops for ever on a terminal of 0 columns.
    if (io.stderr.isTTY !== true || !io.stderr.columns) return
    const { default: ora } = await import('ora')
    // Standard input may be the user's data, and signals and cursor are not ora's to take.
    if (!done) {
      const shown = typeof text === 'string' ? text : text()
      const spinner = ora({
        text: shown,
        stream: io.stderr as NodeJS.WriteStream,
        color: false,
        discardStdin: false,
        hideCursor: false,
      })
      spinner.start()
      stop = () => spinner.stop()
    }
  }, PATIENCE_MS)
  try {
    return await work
  } finally {
    done = true
    clearTimeout(timer)
    stop?.()
  }
}
