import type { Configuration } from '../configuration.ts'

export const CLOSED_LOOP = 'Closed loop (--rate max): latency is not meaningful under saturation'

export const OPEN_LOOP = 'Counted from when a message was due, so that waiting for a slow broker is in it'

export function isClosedLoop({ publish }: Configuration): boolean {
  return publish !== undefined && publish.segments === undefined
}
