import { LocalError, TmqttError } from '../errors.ts'

/** Further ones are only counted, so that a wrong file does not flood the screen. */
const MOST_SHOWN = 10

/** Faulty lines of standard input: the first ends the reading, or with `keepGoing` they are reported and counted. */
export class Faults {
  readonly #keepGoing: boolean
  readonly #notice: (text: string) => void
  #count = 0
  #first = ''

  /** @param notice prints a line for the user. */
  constructor({ keepGoing, notice }: { readonly keepGoing: boolean; readonly notice: (text: string) => void }) {
    this.#keepGoing = keepGoing
    this.#notice = notice
  }

  /** @returns whether to read on. */
  add(line: number, what: string): boolean {
    this.#count++
    const text = `line ${line}: ${what}`
    if (!this.#keepGoing) this.#first = text
    else if (this.#count <= MOST_SHOWN) this.#notice(text)
    else if (this.#count === MOST_SHOWN + 1) this.#notice('more lines are faulty; they are only counted')
    return this.#keepGoing
  }

  /**
   * What is wrong with the outcome: faulty lines, and what has failed besides.
   *
   * @param sent messages of lines without fault. @param failure of some of these, if any.
   */
  verdict(sent: number, failure: Error | undefined): Error | undefined {
    if (this.#count === 0) return failure
    if (!this.#keepGoing) return new LocalError(`${this.#first}; ${before(sent, failure)}`)
    const are = this.#count === 1 ? 'is' : 'are'
    const lines = `${this.#count} of ${this.#count + sent} lines ${are} faulty`
    return new LocalError(`${lines}; ${failure?.message ?? besides(sent)}`)
  }

  /** A failure that has come after the fault which ended the reading, with both in its message. */
  explain(failure: TmqttError): TmqttError {
    if (this.#first === '') return failure
    return new TmqttError(`${this.#first}; ${failure.message}`, failure.exitCode, { cause: failure })
  }
}

function before(sent: number, failure: Error | undefined): string {
  if (failure !== undefined) return `before it, ${failure.message}`
  if (sent === 0) return 'nothing was published before it'
  return sent === 1 ? 'the one before it was published' : `the ${sent} before it were published`
}

function besides(sent: number): string {
  if (sent === 0) return 'nothing was published'
  return sent === 1 ? 'the other one was published' : `the other ${sent} were published`
}
