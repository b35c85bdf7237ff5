import type { Command, Heading } from '../commands/command.ts'
import { environmentName, isFlag, longName, type Option, type OptionTable } from '../options/option.ts'
import { typedNames } from '../options/words.ts'
import { entry, widthFor, wrap } from './layout.ts'
import type { Section } from './section.ts'
import { topics } from './topics.ts'

/** Column at which the text of an option starts, where the terminal has room for it beside the names. */
const INDENT = 28
const NARROW_INDENT = 8

/** `tmqtt --help`. */
export function programHelp(commands: readonly Heading[], columns: number): string {
  const width = widthFor(columns)
  return [
    'tmqtt: publish and subscribe by MQTT',
    '',
    'Usage: tmqtt COMMAND [OPTION]…',
    '',
    'Commands:',
    ...commandList(commands, width),
    '',
    "To read with 'tmqtt help':",
    ...commandList(topics, width),
    '',
    'Try it without a broker of your own:',
    '  tmqtt broker &',
    "  tmqtt sub -t 'tock/#' -v &",
    '  tmqtt pub -t tock/1 -m hello',
    '',
    wrap("'tmqtt COMMAND --help' tells more; 'tmqtt --version' prints the version.", 0, width),
    '',
  ].join('\n')
}

/** `tmqtt GROUP --help`. @param members whose names begin with that of the group. */
export function groupHelp(name: string, members: readonly Heading[], columns: number): string {
  const width = widthFor(columns)
  return [
    wrap(`Usage: tmqtt ${name} COMMAND [OPTION]…`, 0, width),
    '',
    'Commands:',
    ...commandList(members, width),
    '',
    wrap(`'tmqtt ${name} COMMAND --help' tells more.`, 0, width),
    '',
  ].join('\n')
}

/** `tmqtt help TOPIC`. */
export function topicHelp(sections: readonly Section[], columns: number): string {
  const width = widthFor(columns)
  return sections.map((section) => sectionText(section, width)).join('\n')
}

function sectionText({ heading, text, rows = [], samples = [] }: Section, width: number): string {
  const longest = Math.max(...rows.map(([word]) => word.length)) + 4
  const indent = Math.min(longest, width < 2 * INDENT ? NARROW_INDENT : INDENT)
  const isAlone = rows.length + samples.length === 0
  const lines = [
    `${heading}:`,
    ...(text === undefined ? [] : [wrap(text, 2, width), ...(isAlone ? [] : [''])]),
    ...rows.map(([word, meaning]) => entry(`  ${word}`, meaning, indent, width)),
    ...samples.flatMap(([typed, printed]) => [`  ${typed || 'none of them'}`, `      ${printed}`]),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** A line for each command, or topic. */
function commandList(commands: readonly Heading[], width: number): string[] {
  const indent = Math.max(...commands.map(({ name }) => name.length)) + 4
  return commands.map(({ name, summary }) => entry(`  ${name}`, summary, indent, width))
}

/** `tmqtt COMMAND --help`. */
export function commandHelp(command: Command, columns: number): string {
  const width = widthFor(columns)
  const positionals = positionalNames(command)
    .map((name) => ` ${name}`)
    .join('')
  const groups = groupsOf(command)
  const indent = width < 2 * INDENT ? NARROW_INDENT : INDENT
  return [
    wrap(`tmqtt ${command.name}: ${command.summary}`, 0, width),
    '',
    wrap(`Usage: tmqtt ${command.name} [OPTION]…${positionals}${restOf(command)}`, 0, width),
    '',
    ...(command.description === undefined ? [] : [wrap(command.description, 0, width), '']),
    'Examples:',
    ...command.examples.flatMap(({ run, shows }) => [`  ${run}`, wrap(shows, 6, width)]),
    ...[...groups].flatMap(([group, rows]) => [
      '',
      `${group}:`,
      ...rows.map(([key, option]) => entry(`  ${synopsis(key, option)}`, describe(key, option), indent, width)),
    ]),
    ...otherSources(command, width),
    '',
  ].join('\n')
}

/** Where options can be set but on the command line. */
function otherSources({ options }: Command, width: number): string[] {
  const key = exampleKey(options)
  if (key === undefined) return []
  const profile = options.profile === undefined ? '' : ", or in a profile ('tmqtt profile --help')"
  const text = `Every option can also be set in the environment: --${longName(key)} is ${environmentName(key)}`
  return ['', wrap(`${text} ('tmqtt help environment')${profile}; the command line wins.`, 0, width)]
}

/** An option to show how the variables of options are named; undefined where there is no option. */
export function exampleKey(options: OptionTable): string | undefined {
  const keys = Object.keys(options).filter((key) => !options[key]!.hidden && !options[key]!.typedOnly)
  return keys.includes('keepAlive') ? 'keepAlive' : (keys.find((key) => options[key]!.default !== undefined) ?? keys[0])
}

/** `[NAME]` for each option that may be given without its flag, `FILE…` for one that may be repeated. */
export function positionalNames({ positionals = [], options }: Command): string[] {
  return positionals.map((key) => {
    const { kind, required, repeat } = options[key]!
    const name = `${kind.placeholder}${repeat ? '…' : ''}`
    return required ? name : `[${name}]`
  })
}

/** ` [-- COMMAND…]`, for a command that takes the words of another program. */
export function restOf({ options }: Command): string {
  const rest = Object.values(options).find((option) => option.rest)
  return rest === undefined ? '' : ` [-- ${rest.kind.placeholder}…]`
}

/** The options that help shows, by their headings. */
export function groupsOf(command: Command): Map<string, [key: string, option: Option][]> {
  const groups = new Map<string, [string, Option][]>()
  for (const [key, option] of Object.entries(command.options)) {
    if (option.hidden) continue
    groups.set(option.group, [...(groups.get(option.group) ?? []), [key, option]])
  }
  return groups
}

/** `-q, --qos QOS`. */
function synopsis(key: string, option: Option): string {
  const names = typedNames(key, option)
  const dashes = option.short === undefined ? `    ${names.join(', ')}` : names.join(', ')
  return isFlag(option) ? dashes : `${dashes} ${option.kind.placeholder}`
}

/** The description with what else the row says: choices, default, repetition, version, and where a secret is better kept. */
export function describe(key: string, option: Option): string {
  const { choices } = option.kind
  const shownDefault = option.defaultText ?? (option.default === undefined ? undefined : String(option.default))
  const notes = [
    ...(choices === undefined ? [] : [choices.join(', ')]),
    ...(shownDefault === undefined ? [] : [`default: ${shownDefault}`]),
    ...(option.repeat ? ['may be repeated'] : []),
    ...(option.since === undefined ? [] : ['MQTT 5']),
    ...(option.secret ? [`or ${environmentName(key)}`] : []),
  ]
  return notes.length === 0 ? option.describe : `${option.describe} (${notes.join('; ')})`
}
