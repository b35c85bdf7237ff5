import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'

/**
 * Where the first argument stands, counted from 1, that is not UTF-8: Node has put U+FFFD in place of its bytes, which
 * only the system still knows, and only until the process is given a title. Where it does not tell, any U+FFFD counts.
 */
export function alteredArgument(argv: readonly string[]): number | undefined {
  const suspect = argv.findIndex((word) => word.includes('\ufffd'))
  if (suspect < 0) return undefined
  try {
    const words = readFileSync('/proc/self/cmdline')
      .toString('latin1')
      .split('\0')
      .slice(-1 - argv.length, -1)
    const found = words.findIndex((word) => !isUtf8(Buffer.from(word, 'latin1')))
    return found < 0 ? undefined : found + 1
  } catch {
    return suspect + 1
  }
}
