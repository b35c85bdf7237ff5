import type { Command, Heading } from '../commands/command.ts'
import { environmentName, isFlag, longName, type Option } from '../options/option.ts'
import { typedNames } from '../options/words.ts'
import { cheats } from './cheat.ts'
import { environment } from './environment.ts'
import { exitStatuses } from './exit-statuses.ts'
import { formats } from './formats.ts'
import { describe, exampleKey, groupsOf, positionalNames, restOf } from './help.ts'
import { exampleLines, page, roff, sectionLines } from './roff.ts'

/** Exit statuses of a command that connects to no broker. */
const localStatuses = ['0', '1', '6', '70', '129, 130, 143']

/** Groups of commands, each with what its commands have in common. */
const groupSummaries: Readonly<Record<string, string>> = {
  bench: 'measure a broker',
  retain: 'look at what brokers have retained',
}

/** Pages of other commands to read beside those of a command, by name. */
const related: Readonly<Record<string, readonly string[]>> = {
  pub: ['sub', 'rr'],
  sub: ['pub', 'expect'],
  rr: ['reply', 'sub'],
  reply: ['rr', 'pub'],
  check: ['expect', 'bench'],
  expect: ['check', 'sub'],
  bench: ['check'],
  'bench flow': ['bench compare', 'bench merge'],
  retain: ['retain-clear'],
  'retain-clear': ['retain'],
  broker: ['pub', 'sub', 'check'],
  cheat: ['broker', 'pub', 'sub'],
}

/** `tmqtt.1`. */
export function programPage(commands: readonly Heading[]): string {
  return page('tmqtt', [
    '.SH NAME',
    `tmqtt \\- ${roff('publish and subscribe by MQTT')}`,
    '.SH SYNOPSIS',
    '.B tmqtt',
    '.I COMMAND',
    '.RI [ OPTION ]\\|.\\|.\\|.',
    '.SH COMMANDS',
    ...commandRows(commands),
    '.SH EXAMPLES',
    ...exampleLines(cheats),
    '.SH ENVIRONMENT',
    ...sectionLines(environment),
    ...filesSection(),
    ...exitSection(),
    ...seeAlso([...groupNames(commands), ...commands.map(({ name }) => name)]),
  ])
}

/** The page of a group of commands. */
export function groupPage(name: string, members: readonly Command[]): string {
  const title = pageName({ name })
  return page(title, [
    '.SH NAME',
    `${roff(title)} \\- ${roff(groupSummaries[name] ?? members.map((each) => each.name).join(', '))}`,
    '.SH SYNOPSIS',
    `.B tmqtt ${roff(name)}`,
    '.I COMMAND',
    '.RI [ OPTION ]\\|.\\|.\\|.',
    '.SH COMMANDS',
    ...commandRows(members),
    '.SH EXAMPLES',
    ...exampleLines(members.flatMap(({ examples }) => examples.slice(0, 1))),
    ...exitSection(),
    ...seeAlso(['', ...members.map((each) => each.name), ...(related[name] ?? [])]),
  ])
}

/** The page of a command. */
export function commandPage(command: Command): string {
  const { name, summary, description, examples, options } = command
  const [group] = name.includes(' ') ? name.split(' ', 1) : []
  return page(pageName(command), [
    '.SH NAME',
    `${roff(pageName(command))} \\- ${roff(summary)}`,
    '.SH SYNOPSIS',
    `.B tmqtt ${roff(name)}`,
    ...(Object.keys(options).length === 0 ? [] : ['.RI [ OPTION ]\\|.\\|.\\|.']),
    ...positionalNames(command).map(positional),
    ...(restOf(command) === '' ? [] : [roff(restOf(command).trim())]),
    ...(description === undefined ? [] : ['.SH DESCRIPTION', roff(description)]),
    ...(name === 'cheat' ? ['.SH LINES', ...exampleLines(cheats)] : []),
    ...optionsSection(command),
    ...(name === 'sub' ? ['.SH FORMATS', ...sectionLines(formats)] : []),
    '.SH EXAMPLES',
    ...exampleLines(examples),
    ...environmentSection(command),
    ...(options.config === undefined ? [] : filesSection(options.optionsFile !== undefined)),
    ...exitSection(options.host !== undefined),
    ...seeAlso(['', ...(group === undefined ? [] : [group]), ...(related[name] ?? [])]),
  ])
}

/** What the page of a command or group is called: `tmqtt-sub`; for a command of a group `tmqtt-retain-list`. */
export function pageName({ name }: Pick<Heading, 'name'>): string {
  return name === '' ? 'tmqtt' : `tmqtt-${name.replace(' ', '-')}`
}

/** The first words of commands that have two. */
export function groupNames(commands: readonly Heading[]): readonly string[] {
  return [...new Set(commands.flatMap(({ name }) => (name.includes(' ') ? name.split(' ', 1) : [])))]
}

function commandRows(commands: readonly Heading[]): string[] {
  return commands.flatMap((each) => ['.TP', `.BR ${roff(pageName(each))} (1)`, roff(each.summary)])
}

/** @param names of commands and groups; '' for the program. */
function seeAlso(names: readonly string[]): string[] {
  const pages = [...new Set(names.map((name) => pageName({ name })))]
  return ['.SH SEE ALSO', ...pages.map((each, at) => `.BR ${roff(each)} (1)${at < pages.length - 1 ? ',' : ''}`)]
}

/** @param name as help has it, perhaps in brackets. */
function positional(name: string): string {
  return name.startsWith('[') ? `.RI [ ${roff(name.slice(1, -1))} ]` : `.I ${roff(name)}`
}

function optionsSection(command: Command): string[] {
  const groups = [...groupsOf(command)]
  if (groups.length === 0) return []
  return [
    '.SH OPTIONS',
    ...groups.flatMap(([group, rows]) => [
      `.SS ${roff(group)}`,
      ...rows.flatMap(([key, option]) => ['.TP', synopsis(key, option), roff(describe(key, option))]),
    ]),
  ]
}

function synopsis(key: string, option: Option): string {
  const names = typedNames(key, option)
    .map((name) => `\\fB${roff(name)}\\fR`)
    .join(', ')
  return isFlag(option) ? names : `${names} \\fI${roff(option.kind.placeholder)}\\fR`
}

function environmentSection({ options }: Command): string[] {
  const key = exampleKey(options)
  return [
    '.SH ENVIRONMENT',
    ...(key === undefined
      ? []
      : [
          roff(
            `Every option can be set in the environment: --${longName(key)} is ${environmentName(key)}; the command line wins.`,
          ),
        ]),
    ...(options.color === undefined
      ? []
      : [roff('NO_COLOR turns colour off, FORCE_COLOR on; --color wins over both.')]),
    '.BR tmqtt (1)',
    'tells of all variables.',
  ]
}

/** Where options are read from, and the cache is. */
function filesSection(readsMosquittos = true): string[] {
  return [
    '.SH FILES',
    ...fileRow('~/.config/tmqtt/config.json', 'Profiles; see tmqtt-profile(1).'),
    ...(readsMosquittos
      ? fileRow(
          '~/.config/mosquitto_pub, ~/.config/mosquitto_sub, ~/.config/mosquitto_rr',
          'Options of tmqtt pub, tmqtt sub and tmqtt rr, one a line, as the clients of mosquitto read them: one space ' +
            'behind the option, and the rest of the line is its value.',
        )
      : []),
    ...fileRow('~/.cache/tmqtt', 'What makes the next start quick; it can be deleted at any time.'),
    '.PP',
    roff(
      'The command line wins over the environment, that over a profile' +
        `${readsMosquittos ? ', that over a file of mosquitto' : ''}.`,
    ),
  ]
}

function fileRow(path: string, holds: string): string[] {
  return ['.TP', `.I ${roff(path)}`, roff(holds)]
}

function exitSection(connects = true): string[] {
  const statuses = exitStatuses.filter(([status]) => connects || localStatuses.includes(status))
  return ['.SH EXIT STATUS', ...statuses.flatMap(([status, meaning]) => ['.TP', roff(status), roff(meaning)])]
}
