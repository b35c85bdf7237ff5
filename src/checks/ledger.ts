/** What checks have left at the broker and is still to be removed. */
export class Ledger {
  /** Nothing is published to topics that do not begin with it. */
  readonly prefix: string
  /** Topics with a retained message. */
  readonly retained = new Set<string>()
  /** Client identifiers of sessions that outlive their connection. */
  readonly sessions = new Set<string>()

  constructor(prefix: string) {
    this.prefix = prefix
  }

  get isEmpty(): boolean {
    return this.retained.size === 0 && this.sessions.size === 0
  }
}
