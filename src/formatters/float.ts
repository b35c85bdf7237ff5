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

/** Finer than this, a fraction has more digits than 17 and a 5, so that it is no tie. */
const FINEST_TIE = 2 ** 25

/** As many digits as a number below 2^53 with such a fraction may have. */
const ALL_DIGITS = 60

/**
 * C's `%.{digits}g` of a finite number, for 15 or 17 digits: a tie is rounded to the even digit, as glibc does.
 */
export function formatGeneral(value: number, digits: number): string {
  const magnitude = Math.abs(value)
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const [mantissa, power] = toExponential(magnitude, digits - 1).split('e') as [string, string]
  const exponent = Number(power)
  if (exponent >= -4 && exponent < digits) return sign + plain(mantissa.replace('.', ''), exponent)
  return `${sign}${withoutZeros(mantissa)}e${power[0]}${power.slice(1).padStart(2, '0')}`
}

/** `Number.prototype.toExponential`, which rounds a tie up. */
function toExponential(magnitude: number, fractionDigits: number): string {
  const rounded = magnitude.toExponential(fractionDigits)
  if (!Number.isInteger(magnitude * FINEST_TIE)) return rounded
  const all = magnitude.toExponential(ALL_DIGITS)
  const kept = fractionDigits + 2
  return /^50*e/.test(all.slice(kept)) && Number(all[kept - 1]) % 2 === 0
    ? all.slice(0, kept) + all.slice(all.indexOf('e'))
    : rounded
}

function plain(digits: string, exponent: number): string {
  if (exponent < 0) return withoutZeros(`0.${'0'.repeat(-exponent - 1)}${digits}`)
  return withoutZeros(`${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`)
}

/** Behind the point. */
function withoutZeros(text: string): string {
  return text.replace(/\.?0*$/, '')
}
