import { describe, expect, it } from 'vitest'
import { command } from '../../src/commands/command.ts'
import { loadCommands } from '../../src/commands/index.ts'
import { commandHelp, describe as describeOption, groupHelp, groupsOf, programHelp } from '../../src/docs/help.ts'
import { topics } from '../../src/docs/topics.ts'
import { flag, integer, oneOf, textOf } from '../../src/options/kinds.ts'
import { longName, table } from '../../src/options/option.ts'

const commands = await loadCommands()

const row = { group: 'Group', describe: 'Does something' }
const body = command({
  description: 'A sentence that is longer than forty columns, so that it has to be wrapped.',
  options: table({
    topic: { ...row, kind: textOf('TOPIC', 'a topic'), short: 't', repeat: true },
    expiryInterval: { ...row, kind: integer(0, 9, 'SECONDS'), aliases: ['expiry'], since: 5, default: 3 },
    mode: { ...row, kind: oneOf('MODE', { a: 1, b: 2 }, { c: 3 }), defaultText: 'a, or b at night' },
    quiet: { ...row, kind: flag, group: 'Other' },
    secretDoor: { ...row, kind: flag, hidden: true },
    other: { ...row, kind: textOf('COMMAND', 'a command'), repeat: true, hidden: true, rest: true },
  }),
  positionals: ['topic'],
  examples: [{ run: 'tmqtt sample -t a', shows: 'a sample' }],
  run: async () => undefined,
})
const sample = { name: 'sample', summary: 'show how help looks', ...body }

describe('commandHelp', () => {
  it('looks like this', () => {
    expect(commandHelp(sample, 80)).toBe(`tmqtt sample: show how help looks

Usage: tmqtt sample [OPTION]… [TOPIC…] [-- COMMAND…]

A sentence that is longer than forty columns, so that it has to be wrapped.

Examples:
  tmqtt sample -t a
      a sample

Group:
  -t, --topic TOPIC         Does something (may be repeated)
      --expiry-interval, --expiry SECONDS
                            Does something (default: 3; MQTT 5)
      --mode MODE           Does something (a, b; default: a, or b at night)

Other:
      --quiet               Does something

Every option can also be set in the environment: --expiry-interval is
TMQTT_EXPIRY_INTERVAL ('tmqtt help environment'); the command line wins.
`)
  })

  it('says nothing of the environment where there is no option', () => {
    expect(commandHelp({ ...sample, options: {}, positionals: [] }, 80)).not.toContain('environment')
  })

  it.each(commands)('of $name names a variable of its own, and a profile where it takes one', (each) => {
    const text = commandHelp(each, 80).replaceAll('\n', ' ')
    const [, name] = /environment: --(\S+) is/.exec(text) ?? []
    const names = Object.entries(each.options).flatMap(([key, { hidden }]) => (hidden ? [] : [longName(key)]))
    expect(names.includes(name!)).toBe(names.length > 0)
    expect(text.includes("'tmqtt profile --help'")).toBe(each.options.profile !== undefined)
  })

  it('looks like this on a narrow terminal', () => {
    expect(commandHelp(sample, 40)).toContain(`
A sentence that is longer than forty
columns, so that it has to be wrapped.

Examples:
  tmqtt sample -t a
      a sample

Group:
  -t, --topic TOPIC
        Does something (may be repeated)
      --expiry-interval, --expiry SECONDS
        Does something (default: 3; MQTT
        5)
`)
  })

  it.each(commands)('of $name has every option with all its names, and every example', (each) => {
    const text = commandHelp(each, 80)
    const words = text.split(/[\s,]+/)
    for (const [key, option] of Object.entries(each.options)) {
      const names = [`--${longName(key)}`, ...(option.aliases ?? []).map((alias) => `--${alias}`)]
      if (option.short !== undefined) names.push(`-${option.short}`)
      for (const name of names) expect(words.includes(name), name).toBe(!option.hidden)
    }
    for (const { run, shows } of each.examples) expect(text).toContain(`  ${run}\n      ${shows}\n`)
    expect(text).toContain(each.summary)
    expect(text).toMatch(/[^\n]\n$/)
  })

  it.each(commands.flatMap((each) => [80, 40].map((columns) => ({ columns, name: each.name, each }))))(
    'of $name fits $columns columns',
    ({ columns, each }) => {
      const tooWide = commandHelp(each, columns)
        .split('\n')
        .filter((line) => line.length > columns)
      // Names and what is to be typed can't be broken.
      const unbreakable = tooWide.filter((line) => columns < 80 && /^ +-|^ {2}\S/.test(line))
      expect(tooWide).toEqual(unbreakable)
    },
  )

  it('stays readable on a very wide terminal, and on none', () => {
    const widest = Math.max(
      ...commandHelp(commands[0]!, 500)
        .split('\n')
        .map((line) => line.length),
    )
    expect(widest).toBeLessThanOrEqual(100)
    expect(commandHelp(sample, 0)).toContain('\nA sentence that is\nlonger than forty\n')
  })
})

describe('programHelp', () => {
  it.each([80, 40])('names every command and topic, and fits %d columns', (columns) => {
    const text = programHelp(commands, columns)
    for (const { name, summary } of [...commands, ...topics]) {
      expect(text.replace(/\n {6,}/g, ' ')).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'))
    }
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(columns)
  })
})

describe('groupHelp', () => {
  it('lists the commands of a group as they are typed', () => {
    const member = (name: string, summary: string) => ({ ...sample, name, summary })
    const members = [member('group one', 'do one thing'), member('group another', 'do another')]
    expect(groupHelp('group', members, 40)).toBe(`Usage: tmqtt group COMMAND [OPTION]…

Commands:
  group one      do one thing
  group another  do another

'tmqtt group COMMAND --help' tells more.
`)
  })
})

describe('groupsOf', () => {
  it('keeps the order of the table, without hidden options', () => {
    const keys = [...groupsOf(sample)].map(([group, rows]) => [group, rows.map(([key]) => key)])
    expect(keys).toEqual([
      ['Group', ['topic', 'expiryInterval', 'mode']],
      ['Other', ['quiet']],
    ])
  })
})

describe('describe', () => {
  it('adds nothing where there is nothing to add', () => {
    expect(describeOption('loud', { ...row, kind: flag })).toBe('Does something')
  })

  it('says where a secret can be kept from other users', () => {
    const secret = { ...row, kind: textOf('PASSWORD', 'a password'), secret: true } as const
    expect(describeOption('keyPassword', secret)).toBe('Does something (or TMQTT_KEY_PASSWORD)')
  })
})
