/** A question that was sent and answered, by two clocks, in microseconds [RFC 5905, 8]. */
export interface Exchange {
  readonly askedUs: number
  /** By the other clock: when the question came, and when the answer went. */
  readonly receivedUs: number
  readonly answeredUs: number
  readonly cameUs: number
}

/** How far the other clock is ahead, in microseconds. */
export interface Offset {
  readonly aheadUs: number
  /** Half of the round trip: what the offset can be wrong by, however unequal the ways are. */
  readonly errorUs: number
}

/** What the exchange with the shortest round trip says; undefined when there is none. */
export function offsetOf(exchanges: readonly Exchange[]): Offset | undefined {
  return exchanges
    .map(({ askedUs, receivedUs, answeredUs, cameUs }) => ({
      aheadUs: (receivedUs - askedUs + (answeredUs - cameUs)) / 2,
      errorUs: Math.max(0, cameUs - askedUs - (answeredUs - receivedUs)) / 2,
    }))
    .reduce<Offset | undefined>(
      (best, each) => (best === undefined || each.errorUs < best.errorUs ? each : best),
      undefined,
    )
}
