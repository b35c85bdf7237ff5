import { expect, it } from 'vitest'
import { account } from './account.ts'

it.each([
  [['a', 'b', 'c'], { lost: 0, duplicated: 0, unexpected: 0, misplaced: 0 }],
  [['a', 'c'], { lost: 1, duplicated: 0, unexpected: 0, misplaced: 0 }],
  [['a', 'b', 'a', 'b', 'c', 'a'], { lost: 0, duplicated: 3, unexpected: 0, misplaced: 0 }],
  [['c', 'x', 'x', 'a'], { lost: 1, duplicated: 0, unexpected: 2, misplaced: 1 }],
])('of a, b, c, %j was received: %j', (received, expected) => {
  expect(account(['a', 'b', 'c'], received)).toEqual(expected)
})
