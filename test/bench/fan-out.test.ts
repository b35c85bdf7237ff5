import { describe, expect, it } from 'vitest'
import { FanOut } from '../../src/bench/fan-out.ts'
import { uniform } from '../../src/bench/random.ts'
import { matches } from '../../src/mqtt/topic.ts'

function fanOutOf(...filters: readonly string[]): FanOut {
  const fanOut = new FanOut()
  for (const filter of filters) fanOut.add(filter)
  return fanOut
}

describe('FanOut', () => {
  it('counts each subscription that matches', () => {
    const fanOut = fanOutOf('a/1', 'a/1', 'a/2', 'a/+', '#', 'b/#')
    expect(['a/1', 'a/2', 'a/3', 'b', 'c'].map((topic) => fanOut.count(topic))).toEqual([4, 3, 2, 2, 1])
  })

  it('counts a shared group once, groups and plain subscriptions apart', () => {
    const fanOut = fanOutOf('$share/g/a/+', '$share/g/a/+', '$share/h/a/+', 'a/+')
    expect(fanOut.count('a/1')).toBe(3)
  })

  it('counts what was added after it was asked', () => {
    const fanOut = fanOutOf('a')
    expect(fanOut.count('a')).toBe(1)
    fanOut.add('a')
    expect(fanOut.count('a')).toBe(2)
  })

  it('agrees with the matching of single filters', () => {
    const random = uniform(5)
    const levelsOf = (names: readonly string[]) =>
      Array.from({ length: 1 + Math.floor(random() * 4) }, () => names[Math.floor(random() * names.length)]!)
    const filters = Array.from({ length: 300 }, () => {
      const levels = levelsOf(['a', 'b', '', '+', '$x'])
      if (random() < 0.3) levels.push('#')
      return levels.join('/') || '+'
    })
    const fanOut = fanOutOf(...filters)
    for (let at = 0; at < 500; at++) {
      const topic = levelsOf(['a', 'b', 'c', '', '$x']).join('/')
      expect(fanOut.count(topic), topic).toBe(filters.filter((filter) => matches(filter, topic)).length)
    }
  })
})
