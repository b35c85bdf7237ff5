import { describe, expect, it } from 'vitest'
import { formatFixed, formatGeneral } from '../../src/formatters/float.ts'

describe('formatFixed', () => {
  // What glibc's printf prints.
  it.each([
    [0, 6, '0.000000'],
    [-0, 6, '-0.000000'],
    [21.5, 6, '21.500000'],
    [-1 / 3, 3, '-0.333'],
    [0.1, 20, '0.10000000000000000555'],
    [0.5, 0, '0'],
    [1.5, 0, '2'],
    [2.5, 0, '2'],
    [-2.5, 0, '-2'],
    [0.125, 2, '0.12'],
    [0.375, 2, '0.38'],
    [2.675, 2, '2.67'],
    [999999.5, 0, '1000000'],
    [9.995, 2, '9.99'],
    [1e21, 0, '1000000000000000000000'],
    [1e22, 2, '10000000000000000000000.00'],
    [3.4028234663852886e38, 6, '340282346638528859811704183484516925440.000000'],
    [5e-324, 6, '0.000000'],
    [Number.NaN, 6, 'nan'],
    [Number.POSITIVE_INFINITY, 6, 'inf'],
    [Number.NEGATIVE_INFINITY, 6, '-inf'],
  ])('prints %d with %d digits as %s', (value, precision, text) => {
    expect(formatFixed(value, precision)).toBe(text)
  })

  it('prints every digit there is, and zeros after them', () => {
    expect(formatFixed(0.5, 200)).toBe(`0.5${'0'.repeat(199)}`)
    expect(formatFixed(1, 2000)).toBe(`1.${'0'.repeat(2000)}`)
    expect(formatFixed(5e-324, 1074)).toMatch(/^0\.0{323}4940656458.*625$/)
    expect(formatFixed(2 ** 1023, 0)).toBe(String(2n ** 1023n))
  })
})

describe('formatGeneral', () => {
  // What glibc's printf prints.
  it.each([
    [0, 15, '0'],
    [-0, 15, '-0'],
    [1, 15, '1'],
    [-21.5, 15, '-21.5'],
    [100, 15, '100'],
    [123456.789, 15, '123456.789'],
    [0.1, 17, '0.10000000000000001'],
    [0.0001, 15, '0.0001'],
    [0.00001, 15, '1e-05'],
    [-1.5e-7, 15, '-1.5e-07'],
    [999999999999999, 15, '999999999999999'],
    [999999999999999.9, 15, '1e+15'],
    [1e15, 15, '1e+15'],
    [1e15, 17, '1000000000000000'],
    [1e17, 17, '1e+17'],
    [1 / 3, 15, '0.333333333333333'],
    [1.7976931348623157e308, 15, '1.79769313486232e+308'],
    [5e-324, 17, '4.9406564584124654e-324'],
    // Ties, to the even digit.
    [1 + 2 ** -17, 17, '1.0000076293945312'],
    [1 + 3 * 2 ** -17, 17, '1.0000228881835938'],
    [2 ** -25, 17, '2.9802322387695312e-08'],
    [-(2 ** -25), 17, '-2.9802322387695312e-08'],
    [3 * 2 ** -25, 17, '8.9406967163085938e-08'],
  ])('prints %d in %d digits as %s', (value, digits, text) => {
    expect(formatGeneral(value, digits)).toBe(text)
  })
})
