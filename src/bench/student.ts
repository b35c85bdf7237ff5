/** Student's t for two-sided 95 %, of 1 to 30 degrees of freedom: any table of the distribution has it. */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const

/** Two-sided 95 % of a normal distribution. */
const NORMAL95 = 1.96

/** A mean, by how many values and how far it may be off. */
export interface Estimate {
  readonly count: number
  readonly standardError: number
}

/**
 * By how much two means may differ by chance, with a confidence of 95 % (Welch's test): a few values say less of their
 * spread than a normal distribution would have it.
 */
export function chanceOf(one: Estimate, other: Estimate): number {
  const [a, b] = [one.standardError ** 2, other.standardError ** 2]
  if (a + b === 0) return 0
  const freedom = (a + b) ** 2 / (a ** 2 / (one.count - 1) + b ** 2 / (other.count - 1))
  // With equal spreads it is a whole number, but for rounding.
  return studentT(Math.floor(freedom + 1e-9)) * Math.sqrt(a + b)
}

function studentT(freedom: number): number {
  // The first term of the expansion for many degrees of freedom.
  return T95[freedom - 1] ?? NORMAL95 + (NORMAL95 ** 3 + NORMAL95) / (4 * freedom)
}

/** Of at least two values. */
export function estimateOf(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { count: values.length, standardError: Math.sqrt(variance / values.length) }
}
