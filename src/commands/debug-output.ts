import { safeText } from '../formatters/terminal-safe.ts'
import type { Output } from '../io.ts'
import type { LogOutput } from '../mqtt/packet-log.ts'

/** Prints lines on standard output, where -d of mosquitto's clients has them too. */
export class DebugOutput implements LogOutput {
  readonly #stdout: Output
  #taken: Promise<void> = Promise.resolve()

  constructor(stdout: Output) {
    this.#stdout = stdout
  }

  print(lines: readonly string[]): void {
    const shown = this.#stdout.isTTY === true ? lines.map((line) => safeText(line)) : lines
    this.#taken = new Promise((resolve) => {
      this.#stdout.write(`${shown.join('\n')}\n`, () => resolve())
    })
  }

  taken(): Promise<void> {
    return this.#taken
  }
}
