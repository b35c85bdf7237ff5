/** How a size changes with time, and by how much that may be off with a confidence of 99 %; in KiB. */
export interface Growth {
  readonly perMinute: number
  readonly uncertainty: number
}

const STEPS = 20
/** Student's t for two-sided 99 % and one degree of freedom less. */
const T99 = 2.861

/**
 * Of samples in KiB at even intervals. Each of some stretches counts with its lowest sample, as what is above waits for
 * the garbage collector. A heap that has once needed more stays large: after such a step each stretch is like the one
 * before, which says that nothing grows, where a line through all of them would rise. So the steps from one stretch to
 * the next are what is judged.
 */
export function growthOf(samples: readonly number[], intervalMs: number): Growth {
  const size = samples.length / (STEPS + 1)
  const lowest = Array.from({ length: STEPS + 1 }, (_, at) =>
    Math.min(...samples.slice(Math.floor(at * size), Math.floor((at + 1) * size))),
  )
  const steps = lowest.slice(1).map((each, at) => each - lowest[at]!)
  const mean = steps.reduce((sum, step) => sum + step, 0) / STEPS
  const variance = steps.reduce((sum, step) => sum + (step - mean) ** 2, 0) / (STEPS - 1)
  const stepsPerMinute = 60_000 / (size * intervalMs)
  return {
    perMinute: mean * stepsPerMinute,
    uncertainty: T99 * Math.sqrt(variance / STEPS) * stepsPerMinute,
  }
}

/** Whether chance alone does not explain it. */
export function isGrowing({ perMinute, uncertainty }: Growth): boolean {
  return perMinute > uncertainty
}
