import { size } from './kinds.ts'
import { InvalidValue, type Kind } from './option.ts'

/** Sizes from one to another, each as likely, and the share of all that they have, from 0 to 1. */
export interface SizeShare {
  readonly from: number
  readonly to: number
  readonly share: number
}

/** Shares are typed with few digits: three thirds of 33.3 % are a whole. */
const TOLERANCE = 0.002

/** One size; sizes from one to another; or several of both with their shares: `100:90%,1k..10k:10%`. */
export function sizeDistribution(min: number, max: number): Kind<readonly SizeShare[]> {
  const one = size(min, max)
  const range = (text: string) => {
    const [from = '', to = from, ...more] = text.split('..')
    const [low, high] = [one.parse(from), one.parse(to)]
    if (more.length > 0 || low > high) throw new InvalidValue()
    return { from: low, to: high }
  }
  return {
    placeholder: 'SIZE',
    expected: `${one.expected.replace('a size in bytes', 'bytes')}, a range 100..2k, or shares 100:90%,10k:10%`,
    parse(value) {
      const parts = value.split(',')
      const shares = parts.map((part) => {
        const [text = '', percent, ...more] = part.split(':')
        if (more.length > 0 || (percent === undefined && parts.length > 1)) throw new InvalidValue()
        return { ...range(text), share: percent === undefined ? 1 : shareOf(percent) }
      })
      const sum = shares.reduce((total, { share }) => total + share, 0)
      if (Math.abs(sum - 1) > TOLERANCE)
        throw new InvalidValue(`the shares come to ${Math.round(sum * 1000) / 10} %, not to 100 %`)
      return shares.map(({ share, ...each }) => ({ ...each, share: share / sum }))
    },
  }
}

function shareOf(text: string): number {
  const percent = /^(\d+\.?\d*|\.\d+)%$/.exec(text)?.[1]
  if (percent === undefined || Number(percent) === 0) throw new InvalidValue()
  return Number(percent) / 100
}
