/** What the templates of client identifiers, topics and filters are filled with. */
export interface Names {
  /** For `%i`. */
  readonly number: number
  /** For `%c`. */
  readonly clientId?: string
  /** For `%u`. */
  readonly username?: string
}

/** Fills in `%i`, `%c` and `%u`, wherever they stand; `%%` is a percent sign, and what has no meaning stays. */
export function expand(template: string, { number, clientId = '', username = '' }: Names): string {
  return template.replace(/%[icu%]/g, (found) => {
    if (found === '%i') return String(number)
    if (found === '%c') return clientId
    return found === '%u' ? username : '%'
  })
}
