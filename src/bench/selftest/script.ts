/** What the scripted broker does wrong; numbers count from 1 over all clients. Without any, nothing. */
export interface Script {
  /** Refuses one CONNECT of so many, with this code. */
  readonly refuseConnect?: Every
  /** Refuses one SUBSCRIBE of so many, with this code. */
  readonly refuseSubscribe?: Every
  /** Takes nothing and says nothing for a time, from this PUBLISH on. */
  readonly stall?: Pause
  /** Stops its thread, and so whoever shares it, at this PUBLISH. */
  readonly freeze?: Pause
  /** Closes the connection that this PUBLISH came by, with a DISCONNECT of this reason code in front. */
  readonly hangUp?: { readonly atMessage: number; readonly code: number }
  /** Rejects one PUBLISH of so many: the reason codes take turns. */
  readonly reject?: { readonly every: number; readonly codes: readonly number[] }
  /** Never answers one PUBLISH of so many. */
  readonly ignore?: number
  /** Answers PUBLISH so much later. */
  readonly answerAfterMs?: number
  /** Drops one delivery of so many. */
  readonly drop?: number
  /**
   * Makes one delivery of so many twice: at QoS 1 and 2 the second is a message of its own. A shared group gets it by two
   * of its members.
   */
  readonly duplicate?: number
  /** Sends one delivery of so many again, with DUP and the same packet identifier: at QoS 2 that is the same message. */
  readonly resend?: number
  /** Of so many deliveries of a topic to one client, swaps one with the next; even. */
  readonly swap?: number
}

export interface Every {
  readonly every: number
  readonly code: number
}

export interface Pause {
  readonly atMessage: number
  readonly forMs: number
}

/** What the broker has done, by its own count. */
export interface Books {
  readonly accepted: number
  /** PUBLISH packets that have come. */
  readonly published: number
  /** Messages acknowledged: by PUBACK or PUBCOMP without failure. */
  readonly acknowledged: number
  /** Messages sent. */
  readonly delivered: number
  /** How long it stood still, by its own clock. */
  readonly stalledMs: number
}

/** Whether this one is meant, of each so many. */
export function isTurn(number: number, every: number | undefined): boolean {
  return every !== undefined && number % every === 0
}
