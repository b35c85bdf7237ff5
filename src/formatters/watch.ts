import type { Formatter } from './formatter.ts'

const CURSOR_TO = '\x1b['
const ERASE_REST = '\x1b[K\x1b['

/** Topics beyond are left out: no screen shows them, and their number is up to the publishers. */
const MOST_TOPICS = 10_000

/** A cleared screen with the broker in its first line. */
export function watchOpening(host: string): string {
  return `\x1b[2J\x1b[1;1HBroker: ${host}\n`
}

/** Prints each topic's last message on a line of its own, from the second on in the order in which they first come. */
export function watchFormatter(format: Formatter): Formatter {
  const lines = new Map<string, number>()
  return (message, out) => {
    const { topic } = message
    const line = lines.get(topic) ?? lines.size + 2
    if (line > MOST_TOPICS + 1) return
    lines.set(topic, line)
    out.text(`${CURSOR_TO}${line};1H`)
    format(message, out)
    out.text(`${ERASE_REST}${lines.size + 2};1H\n`)
  }
}
