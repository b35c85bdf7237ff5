import { RefusedError } from '../errors.ts'
import { reasonStringOf } from './properties.ts'
import { adviceFor, reasonName } from './reason-codes.ts'

const ANNOUNCE_AFTER_MS = 1000

/** Messages that the broker has rejected, or that it does not take; and what it says of them. */
export class Rejections {
  /** By reason code. */
  readonly counts = new Map<number, number>()
  readonly #notice: (text: string) => void
  /** What the broker wrote first about a reason. */
  readonly #reasonStrings = new Map<number, string>()
  readonly #announcements: NodeJS.Timeout[] = []

  /** @param notice is told of the first for each reason, while there is still time to do something. */
  constructor(notice: (text: string) => void) {
    this.#notice = notice
  }

  add(reasonCode: number): void {
    if (!this.counts.has(reasonCode)) this.#announce(reasonCode)
    this.counts.set(reasonCode, (this.counts.get(reasonCode) ?? 0) + 1)
  }

  /** @param start of the properties of the acknowledgement, which `end` ends. */
  keepReasonString(reasonCode: number, bytes: Buffer, start: number, end: number): void {
    if (this.#reasonStrings.has(reasonCode)) return
    const text = reasonStringOf(bytes, start, end)
    if (text !== undefined) this.#reasonStrings.set(reasonCode, text)
  }

  reasonStringOf(reasonCode: number): string | undefined {
    return this.#reasonStrings.get(reasonCode)
  }

  /** How it has ended, with the first reason; undefined where none was rejected. Nothing is announced any more. */
  failure(sent: number): RefusedError | undefined {
    for (const announcement of this.#announcements) clearTimeout(announcement)
    const [code] = this.counts.keys()
    if (code === undefined) return undefined
    const total = [...this.counts.values()].reduce((sum, each) => sum + each, 0)
    return new RefusedError(`${total} of ${sent} messages rejected: ${this.#told(code)}`, code)
  }

  /** Soon, so that an endless job says it, but one that ends at once says it only once, at its end. */
  #announce(reasonCode: number): void {
    const text = `a message was rejected: ${this.#told(reasonCode)}`
    this.#announcements.push(setTimeout(() => this.#notice(text), ANNOUNCE_AFTER_MS).unref())
  }

  #told(reasonCode: number): string {
    const said = this.#reasonStrings.get(reasonCode)
    return `${reasonName(reasonCode)}${said ? `: ${said}` : ''}${adviceFor(reasonCode)}`
  }
}
