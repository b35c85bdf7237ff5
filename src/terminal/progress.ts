import type { Io } from '../io.ts'

/** Quick work shows no bar. */
const PATIENCE_MS = 500
const EVERY_MS = 100
const WIDTH = 24

/** Says on a terminal how much of some work is done. */
export class ProgressBar {
  readonly #io: Io
  readonly #label: string
  readonly #total: number
  #next = performance.now() + PATIENCE_MS
  #isShown = false

  constructor(io: Io, label: string, total: number) {
    this.#io = io
    this.#label = label
    this.#total = total
  }

  show(done: number): void {
    const { isTTY, columns } = this.#io.stderr
    if (isTTY !== true || !columns || performance.now() < this.#next) return
    this.#next = performance.now() + EVERY_MS
    this.#isShown = true
    const share = this.#total === 0 ? 1 : done / this.#total
    const full = Math.round(share * WIDTH)
    const bar = `[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}]`
    const line = `${this.#label} ${bar} ${Math.floor(share * 100)} % (${done} of ${this.#total})`
    this.#io.stderr.write(`\r\x1b[K${line.slice(0, columns - 1)}`)
  }

  end(): void {
    if (this.#isShown) this.#io.stderr.write('\r\x1b[K')
    this.#isShown = false
  }
}
