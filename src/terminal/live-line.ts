import type { Ora } from 'ora'
import type { Io } from '../io.ts'

/** A line on stderr that changes, where that is a terminal. */
export class LiveLine {
  readonly #io: Io
  #spinner: Ora | undefined
  #text: string
  #isOver = false

  /** @param text printable. */
  constructor(io: Io, text: string) {
    this.#io = io
    this.#text = text
    // ora 9.4.1 loops for ever on a terminal of 0 columns.
    if (io.stderr.isTTY === true && io.stderr.columns) void this.#start()
  }

  show(text: string): void {
    this.#text = text
    if (this.#spinner !== undefined) this.#spinner.text = this.#fitted()
  }

  /** Does something that prints lines on the terminal. */
  around<T>(print: () => T): T {
    this.#spinner?.clear()
    const printed = print()
    this.#spinner?.render()
    return printed
  }

  end(): void {
    this.#isOver = true
    this.#spinner?.stop()
  }

  async #start(): Promise<void> {
    const { default: ora } = await import('ora')
    if (this.#isOver) return
    const stream = this.#io.stderr as NodeJS.WriteStream
    this.#spinner = ora({ text: this.#fitted(), stream, color: false, discardStdin: false, hideCursor: false }).start()
  }

  /** A line that the terminal would break could not be taken back. */
  #fitted(): string {
    return [...this.#text].slice(0, Math.max(1, (this.#io.stderr.columns ?? 80) - 3)).join('')
  }
}
