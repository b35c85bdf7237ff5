import type { Configuration } from '../configuration.ts'
import { differences } from '../merge.ts'

/** `part 2 of 3`, `parts 2 and 3 of 4`; there has to be one. @param parts from 0. */
export function partNames(parts: readonly number[], of: number): string {
  const numbers = parts.map((part) => String(part + 1))
  if (numbers.length === 1) return `part ${numbers[0]} of ${of}`
  return `parts ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)} of ${of}`
}

/** What two configurations differ in first, both as JSON; undefined when they are those of one run. */
export function differenceOf(one: string, other: string): string | undefined {
  if (one === other) return undefined
  try {
    return differences(JSON.parse(one) as Configuration, JSON.parse(other) as Configuration)[0]
  } catch {
    return 'its version'
  }
}
