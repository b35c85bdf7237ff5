import type { Command, Heading } from '../commands/command.ts'
import { environmentName, isFlag, type Option } from '../options/option.ts'
import { typedNames } from '../options/words.ts'
import { exitStatuses } from './exit-statuses.ts'
import { describe, groupsOf, positionalNames, restOf } from './help.ts'

/** Shown at the foot of each page. Fixed, so that a page changes only when its text does. */
const DATE = '2026-11-22'

/** Where options are read from, below `$XDG_CONFIG_HOME` when that is set. */
const files: readonly (readonly [path: string, holds: string])[] = [
  ['~/.config/tmqtt/config.json', 'Profiles; see tmqtt-profile(1).'],
  [
    '~/.config/mosquitto_pub, ~/.config/mosquitto_sub, ~/.config/mosquitto_rr',
    'Options of tmqtt pub, tmqtt sub and tmqtt rr, one a line, as the clients of mosquitto read them: one space behind the option, ' +
      'and the rest of the line is its value.',
  ],
]

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
    ...commands.flatMap((each) => ['.TP', reference(each), roff(each.summary)]),
    ...commonSections(true),
    '.SH SEE ALSO',
    commands.map(reference).join('\n'),
  ])
}

/** What the page of a command is called: `tmqtt-sub`; for a command of a group `tmqtt-retain-list`. */
export function pageName({ name }: Heading): string {
  return `tmqtt-${name.replace(' ', '-')}`
}

function reference(command: Heading): string {
  return `.BR ${roff(pageName(command))} (1)`
}

/** The page of a command. */
export function commandPage(command: Command): string {
  return page(pageName(command), [
    '.SH NAME',
    `${roff(pageName(command))} \\- ${roff(command.summary)}`,
    '.SH SYNOPSIS',
    `.B tmqtt ${roff(command.name)}`,
    '.RI [ OPTION ]\\|.\\|.\\|.',
    ...positionalNames(command).map(positional),
    ...(restOf(command) === '' ? [] : [roff(restOf(command).trim())]),
    ...(command.description === undefined ? [] : ['.SH DESCRIPTION', roff(command.description)]),
    '.SH OPTIONS',
    ...[...groupsOf(command)].flatMap(([group, rows]) => [
      `.SS ${roff(group)}`,
      ...rows.flatMap(([key, option]) => ['.TP', synopsis(key, option), roff(describe(key, option))]),
    ]),
    '.SH EXAMPLES',
    ...command.examples
      .flatMap(({ run, shows }) => [`${roff(shows)}:`, '.PP', '.RS 4', '.nf', roff(run), '.fi', '.RE', '.PP'])
      .slice(0, -1),
    ...commonSections(command.options.config !== undefined),
    '.SH SEE ALSO',
    '.BR tmqtt (1)',
  ])
}

/** @param name as help has it, perhaps in brackets. */
function positional(name: string): string {
  return name.startsWith('[') ? `.RI [ ${roff(name.slice(1, -1))} ]` : `.I ${roff(name)}`
}

function commonSections(readsFiles: boolean): string[] {
  return [
    '.SH ENVIRONMENT',
    roff(
      `Every option can be set in the environment, as in ${environmentName('host')} or ${environmentName('keepAlive')}; the command line wins.`,
    ),
    '.PP',
    roff(
      'NO_COLOR turns colour off, FORCE_COLOR on; --color wins over both. NODE_DISABLE_COMPILE_CACHE=1 does without the cache for quick starts in ~/.cache/tmqtt.',
    ),
    ...(readsFiles ? filesSection() : []),
    '.SH EXIT STATUS',
    ...exitStatuses.flatMap(([status, meaning]) => ['.TP', roff(status), roff(meaning)]),
  ]
}

function filesSection(): string[] {
  return [
    '.SH FILES',
    ...files.flatMap(([path, holds]) => ['.TP', `.I ${roff(path)}`, roff(holds)]),
    '.PP',
    roff('The command line wins over the environment, that over a profile, that over a file of mosquitto.'),
  ]
}

function synopsis(key: string, option: Option): string {
  const names = typedNames(key, option)
    .map((name) => `\\fB${roff(name)}\\fR`)
    .join(', ')
  return isFlag(option) ? names : `${names} \\fI${roff(option.kind.placeholder)}\\fR`
}

function page(title: string, lines: readonly string[]): string {
  return `${[`.TH ${roff(title.toUpperCase())} 1 ${DATE} tmqtt "User Commands"`, ...lines].join('\n')}\n`
}

/** Text for roff: no line may start with a control character, and dashes and quotes stay what they are. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '\\|.\\|.\\|.')
    .replaceAll('∞', '\\(if')
    .replace(/^\./gm, '\\&.')
}
