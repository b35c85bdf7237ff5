import { expect, it } from 'vitest'
import { inOwnWords } from '../../src/library/wording.ts'

it('names options as the library does, and leaves the rest of a message alone', () => {
  expect(inOwnWords('no such host; check the name (-h)')).toBe('no such host; check the name (url)')
  expect(inOwnWords('it did not answer (-k 5), x-k --cafile names it')).toBe(
    'it did not answer (keepAlive 5), x-k tls.ca names it',
  )
  expect(inOwnWords('too many open files (ulimit -n)')).toBe('too many open files (ulimit -n)')
})
