import { safeText } from '../formatters/terminal-safe.ts'
import type { Io } from '../io.ts'
import type { LogOutput } from '../mqtt/packet-log.ts'

/** Prints lines on standard output, where -d of mosquitto's clients has them too. */
export class DebugOutput implements LogOutput {
  readonly #io: Pick<Io, 'stdout'>
  #taken: Promise<void> = Promise.resolve()

  constructor(io: Pick<Io, 'stdout'>) {
    this.#io = io
  }

  print(lines: readonly string[]): void {
    const { stdout } = this.#io
    const shown = stdout.isTTY === true ? lines.map((line) => safeText(line)) : lines
    this.#taken = new Promise((resolve) => {
      stdout.write(`${shown.join('\n')}\n`, () => resolve())
    })
  }

  taken(): Promise<void> {
    return this.#taken
  }
}
