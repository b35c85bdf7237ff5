/** What to wait for in the text so far. */
export type Wanted = string | RegExp | ((text: string) => boolean)

interface Waiter {
  readonly wanted: string
  readonly found: (bytes: Buffer) => boolean
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The bytes a stream has carried so far, and a way to wait for more of them. */
export class Collected {
  #chunks: Buffer[] = []
  #waiters: Waiter[] = []
  #ended: string | undefined
  #lineStart = 0

  append(chunk: Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk))
    if (this.#waiters.length === 0) return
    const bytes = this.bytes
    const waiting = this.#waiters
    this.#waiters = waiting.filter((waiter) => !waiter.found(bytes))
    for (const waiter of waiting) if (!this.#waiters.includes(waiter)) waiter.resolve()
  }

  /** Nothing more will come; who still waits is told `why`. */
  end(why: string): void {
    this.#ended = why
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#error(waiter.wanted))
  }

  get bytes(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!
  }

  get text(): string {
    return this.bytes.toString()
  }

  /** Everything so far, as soon as that has what is wanted; rejects when the end comes first. */
  async waitFor(wanted: Wanted): Promise<string> {
    const test =
      typeof wanted === 'string'
        ? (text: string) => text.includes(wanted)
        : typeof wanted === 'function'
          ? wanted
          : (text: string) => text.search(wanted) >= 0
    await this.#until((bytes) => test(bytes.toString()), String(wanted))
    return this.text
  }

  /** The next line that wasn't handed out yet, without its line feed. One call at a time. */
  async nextLine(): Promise<string> {
    const start = this.#lineStart
    await this.#until((bytes) => bytes.includes(10, start), 'a line')
    const end = this.bytes.indexOf(10, start)
    this.#lineStart = end + 1
    return this.bytes.toString('utf8', start, end)
  }

  async #until(found: Waiter['found'], wanted: string): Promise<void> {
    if (found(this.bytes)) return
    if (this.#ended !== undefined) throw this.#error(wanted)
    await new Promise<void>((resolve, reject) => {
      this.#waiters.push({ wanted, found, resolve, reject })
    })
  }

  #error(wanted: string): Error {
    return new Error(`waited for ${wanted}, but ${this.#ended}; so far: ${JSON.stringify(this.text.slice(-2000))}`)
  }
}
