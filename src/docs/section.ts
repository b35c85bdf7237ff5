/** A part of a text that is read on the terminal and, in the same words, as a man page. */
export interface Section {
  readonly heading: string
  /** A paragraph, of whole sentences. */
  readonly text?: string
  /** Words with their meanings. */
  readonly rows?: readonly (readonly [word: string, meaning: string])[]
  /** What is typed, and what is printed then, without its line end. */
  readonly samples?: readonly (readonly [typed: string, printed: string])[]
}
