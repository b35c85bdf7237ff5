import { describe, expect, expectTypeOf, it } from 'vitest'
import { flag, integer, qos, textOf, topicFilter } from '../../src/options/kinds.ts'
import { environmentName, isFlag, longName, table, type ValuesOf } from '../../src/options/option.ts'

const text = textOf('TEXT', 'text')
const row = { group: 'Group', describe: 'Does something' }

describe('names', () => {
  it.each([
    ['qos', '--qos', 'TMQTT_QOS'],
    ['keepAlive', '--keep-alive', 'TMQTT_KEEP_ALIVE'],
    ['tlsUseOsCerts', '--tls-use-os-certs', 'TMQTT_TLS_USE_OS_CERTS'],
  ])('of the key %s are %s and %s', (key, long, variable) => {
    expect(`--${longName(key)}`).toBe(long)
    expect(environmentName(key)).toBe(variable)
  })
})

describe('isFlag', () => {
  it('tells a switch from an option with a value', () => {
    expect(isFlag({ ...row, kind: flag })).toBe(true)
    expect(isFlag({ ...row, kind: text })).toBe(false)
  })
})

describe('ValuesOf', () => {
  const options = table({
    verbose: { ...row, kind: flag },
    topic: { ...row, kind: topicFilter, repeat: true },
    qos: { ...row, kind: qos, default: 0 },
    count: { ...row, kind: integer(1, 9) },
    name: { ...row, kind: text, required: true },
  })

  it('follows from the rows', () => {
    expectTypeOf<ValuesOf<typeof options>>().toEqualTypeOf<{
      readonly verbose: boolean
      readonly topic: readonly string[]
      readonly qos: 0 | 1 | 2
      readonly count: number | undefined
      readonly name: string
    }>()
  })
})
