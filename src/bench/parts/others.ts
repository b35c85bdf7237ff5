import type { Standing } from './parts.ts'
import type { FromPart } from './protocol.ts'

/** After this silence a part counts as gone: it speaks every second at least. */
const SILENT_US = 10e6

interface Other {
  readonly message: FromPart
  readonly heardUs: number
}

/** What part 1 knows of the others. */
export class Others {
  readonly #all = new Map<number, Other>()
  readonly #of: number

  /** @param of how many parts there are, with part 1. */
  constructor(of: number) {
    this.#of = of
  }

  /** @returns false when another process is that part. */
  heard(message: FromPart, nowUs: number): boolean {
    const known = this.#all.get(message.part)
    if (known !== undefined && known.message.session !== message.session && !hasEnded(known, nowUs)) return false
    this.#all.set(message.part, { message, heardUs: nowUs })
    return true
  }

  /** The latest of each that has come. */
  get messages(): readonly FromPart[] {
    return [...this.#all.values()].map(({ message }) => message)
  }

  /** Those that have not come, or have ended again. */
  missing(nowUs: number): number[] {
    return this.#parts((other) => other === undefined || hasEnded(other, nowUs))
  }

  /** Those that have ended before their time. */
  gone(nowUs: number): number[] {
    return this.#parts((other) => other === undefined || (hasEnded(other, nowUs) && other.message.over !== 'in time'))
  }

  /** How far each is that has come; undefined when one of them has not said it yet. */
  standings(nowUs: number): readonly Standing[] | undefined {
    const standings: Standing[] = []
    for (const other of this.#all.values()) {
      const { standing } = other.message
      if (hasEnded(other, nowUs)) standings.push(...(standing === undefined ? [] : [atItsEnd(standing)]))
      else if (standing === undefined) return undefined
      else standings.push(standing)
    }
    return standings
  }

  /** None of them will say anything more. */
  areOver(nowUs: number): boolean {
    return [...this.#all.values()].every((other) => hasEnded(other, nowUs))
  }

  #parts(isWanted: (other: Other | undefined) => boolean): number[] {
    const all = Array.from({ length: this.#of - 1 }, (_, at) => at + 1)
    return all.filter((part) => isWanted(this.#all.get(part)))
  }
}

function hasEnded({ message, heardUs }: Other, nowUs: number): boolean {
  return message.over !== undefined || nowUs - heardUs > SILENT_US
}

/** Nothing comes from there any more. */
function atItsEnd(standing: Standing): Standing {
  return { ...standing, loaded: true, drains: true, outstanding: 0, alive: 0 }
}
