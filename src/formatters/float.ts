/** An IEEE double has at most so many digits after the point; the rest are zeros. */
const LONGEST_FRACTION = 1074

/** `Number.prototype.toFixed` is exact below these. */
const TO_FIXED_LIMIT = 1e21
const TO_FIXED_PRECISION = 100

/**
 * C's `%.{precision}f`: every digit of the exact value, and a tie is rounded to the even digit, as glibc does.
 * NaN's sign is its caller's to print.
 */
export function formatFixed(value: number, precision: number): string {
  if (Number.isNaN(value)) return 'nan'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  if (magnitude === Number.POSITIVE_INFINITY) return `${sign}inf`
  if (magnitude < TO_FIXED_LIMIT && precision <= TO_FIXED_PRECISION && !isTie(magnitude, precision)) {
    return sign + magnitude.toFixed(precision)
  }
  const digits = Math.min(precision, LONGEST_FRACTION)
  return sign + exact(magnitude, digits) + '0'.repeat(precision - digits)
}

/** Exactly between two results: the binary fraction is one digit longer than the decimal one may be. */
function isTie(magnitude: number, precision: number): boolean {
  return (magnitude * 2 ** (precision + 1)) % 2 === 1
}

function exact(magnitude: number, digits: number): string {
  const { mantissa, exponent } = decompose(magnitude)
  const scaled = mantissa * 10n ** BigInt(digits)
  const whole = exponent >= 0 ? scaled << BigInt(exponent) : divideToEven(scaled, BigInt(-exponent))
  const text = String(whole).padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

function divideToEven(dividend: bigint, powerOfTwo: bigint): bigint {
  const quotient = dividend >> powerOfTwo
  const twiceRest = (dividend - (quotient << powerOfTwo)) << 1n
  const divisor = 1n << powerOfTwo
  return twiceRest > divisor || (twiceRest === divisor && (quotient & 1n) === 1n) ? quotient + 1n : quotient
}

/** `magnitude` = mantissa × 2^exponent. */
function decompose(magnitude: number): { readonly mantissa: bigint; readonly exponent: number } {
  const bits = new BigUint64Array(Float64Array.of(magnitude).buffer)[0]!
  const fraction = bits & 0xfffffffffffffn
  const biased = Number(bits >> 52n)
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 }
}
