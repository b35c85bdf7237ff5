import { describe, expect, it } from 'vitest'
import { expand } from '../../src/bench/names.ts'

describe('a template', () => {
  it.each([
    ['bench/%i', 'bench/7'],
    ['%c/%u/%i', 'me/alice/7'],
    ['a%ib%i', 'a7b7'],
    ['100%% %i', '100% 7'],
    ['%%i', '%i'],
    ['%x %', '%x %'],
    ['plain', 'plain'],
  ])('%s is %s', (template, filled) => {
    expect(expand(template, { number: 7, clientId: 'me', username: 'alice' })).toBe(filled)
  })

  it('takes what it is filled with as it is', () => {
    expect(expand('%c-%u', { number: 1, clientId: '%u$&', username: '%i' })).toBe('%u$&-%i')
  })

  it('has nothing where there is no client identifier or user name', () => {
    expect(expand('a/%c/%u', { number: 1 })).toBe('a//')
  })
})
