import { describe, expect, it } from 'vitest'
import { readCredentials } from '../../src/bench/credentials.ts'
import { LocalError } from '../../src/errors.ts'

describe('credentials', () => {
  it.each([
    ['joe,secret\n', [{ username: 'joe', password: 'secret' }]],
    [
      'joe,secret,c1\r\nann,"a ""b"", c"\r\n',
      [
        { username: 'joe', password: 'secret', clientId: 'c1' },
        { username: 'ann', password: 'a "b", c' },
      ],
    ],
    ['joe\n\nann,\n', [{ username: 'joe' }, { username: 'ann' }]],
    ['\ufeffClient-ID,Username\nc1,joe\nc2,\n', [{ clientId: 'c1', username: 'joe' }, { clientId: 'c2' }]],
    ['username,password,note\njoe,x,is new\n', [{ username: 'joe', password: 'x' }]],
    ['"two\nlines",x', [{ username: 'two\nlines', password: 'x' }]],
  ])('of %j', (text, expected) => {
    expect(readCredentials(text, 'users.csv')).toEqual(expected)
  })

  it.each([
    ['', 'users.csv: there are no credentials in it'],
    ['username,password\n', 'users.csv: there are no credentials in it'],
    ['a,b,c,canary\n', 'users.csv: entry 1 has 4 fields; expected username, password, clientId'],
    ['a,b\nc,can"ary\n', 'users.csv: entry 2 has a quote where none can be'],
    ['a,"canary', 'users.csv: entry 1 has a quote where none can be'],
  ])('are refused in %j, and never quoted', (text, message) => {
    expect(() => readCredentials(text, 'users.csv')).toThrow(new LocalError(message))
  })
})
