import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { configurationOptions } from '../../src/options/configuration.ts'
import { connectionOptions } from '../../src/options/connection.ts'
import { flag, qos, topicFilter, topicName } from '../../src/options/kinds.ts'
import { table } from '../../src/options/option.ts'
import { environmentSource, type SecretReference, type Source } from '../../src/options/resolve.ts'
import { settingsOf } from '../../src/options/settings.ts'

const row = { group: 'Group', describe: 'Name of the thing' }
const { url, host, password } = connectionOptions
const pub = table({ topic: { ...row, kind: topicName }, qos: { ...row, kind: qos, default: 0 } })
const sub = table({ topic: { ...row, kind: topicFilter, repeat: true }, verbose: { ...row, kind: flag } })
const server = table({ url: { ...url, replaces: ['host'] }, host, password, ...configurationOptions })

function from(label: string, texts: Readonly<Record<string, readonly (string | SecretReference)[]>>) {
  const source: Source = { texts: new Map(Object.entries(texts)), nameOf: (key) => `${label} ${key}` }
  return { source, labelOf: () => label }
}

describe('settingsOf', () => {
  it('tells where each value comes from, and leaves out what has none', () => {
    const sources = [from('high', { host: ['h'] }), from('low', { host: ['l'], password: ['p'] })]
    expect(settingsOf([{ name: 'pub', options: { ...pub, ...server }, sources }])).toEqual([
      { option: 'qos', values: ['0'], source: 'default', commands: ['pub'] },
      { option: 'host', values: ['h'], source: 'high', commands: ['pub'] },
      { option: 'password', values: ['***'], source: 'low', commands: ['pub'] },
    ])
  })

  it('leaves defaults out where they are not asked for, and what is given in', () => {
    const commands = [
      { name: 'pub', options: { ...pub, ...server }, sources: [from('profile', { host: ['h'] })] },
      {
        name: 'bench',
        options: { ...pub, ...server },
        sources: [from('profile', { host: ['h'] })],
        withoutDefaults: true,
      },
    ]
    expect(settingsOf(commands)).toEqual([
      { option: 'qos', values: ['0'], source: 'default', commands: ['pub'] },
      { option: 'host', values: ['h'], source: 'profile', commands: ['pub', 'bench'] },
    ])
  })

  it('shows no default that a given option replaces', () => {
    const sources = [from('profile', { url: ['mqtt://joe:hunter2@h'] })]
    expect(settingsOf([{ name: 'pub', options: server, sources }])).toEqual([
      { option: 'url', values: ['mqtt://joe:***@h'], source: 'profile', commands: ['pub'] },
    ])
  })

  it.each<[reference: SecretReference, source: string]>([
    [{ env: 'P' }, 'profile, variable P'],
    [{ file: '/p' }, 'profile, file /p'],
    [{ command: ['vault', '-token=hunter2'] }, 'profile, command vault'],
  ])('says where the secret %j is kept', (reference, source) => {
    const [setting] = settingsOf([
      { name: 'pub', options: { password }, sources: [from('profile', { password: [reference] })] },
    ])
    expect(setting).toEqual({ option: 'password', values: ['***'], source, commands: ['pub'] })
  })

  it('merges what commands have in common, and puts what differs side by side', () => {
    const low = from('low', { topic: ['a/#'] })
    const high = from('high', { verbose: ['true'] })
    const fewer = { topic: pub.topic, host }
    expect(
      settingsOf([
        { name: 'pub', options: fewer, sources: [from('other', { topic: ['a'] })] },
        { name: 'sub', options: { ...sub, host }, sources: [high, low] },
      ]),
    ).toEqual([
      { option: 'topic', values: ['a'], source: 'other', commands: ['pub'] },
      { option: 'topic', values: ['a/#'], source: 'low', commands: ['sub'] },
      { option: 'host', values: ['localhost'], source: 'default', commands: ['pub', 'sub'] },
      { option: 'verbose', values: ['true'], source: 'high', commands: ['sub'] },
    ])
  })

  it('is content with what one of the commands can take, and refuses what none can', () => {
    const settings = (env: Readonly<Record<string, string>>) =>
      settingsOf(
        Object.entries({ pub, sub: { ...sub, qos: pub.qos } }).map(([name, options]) => {
          const source = environmentSource(options, env)
          return { name, options, sources: [{ source, labelOf: () => 'environment' }] }
        }),
      )
    expect(settings({ TMQTT_TOPIC: 'a/#' })).toContainEqual({
      option: 'topic',
      values: ['a/#'],
      source: 'environment',
      commands: ['sub'],
    })
    expect(() => settings({ TMQTT_QOS: '3' })).toThrow(new UsageError('TMQTT_QOS: expected 0, 1 or 2, got "3"'))
  })
})
