import { topics } from '../topics.ts'
import { type Argument, type Completed, groupSummary, groupsOf, pairsOf } from './model.ts'

/** The script for fish. */
export function fishCompletion(commands: readonly Completed[]): string {
  const groups = [...groupsOf(commands)]
  return [
    HEAD,
    ...groups.map(
      ([first, members]) => `complete -c tmqtt -n __tmqtt_first -xa ${first} -d ${quoted(groupSummary(members))}`,
    ),
    "complete -c tmqtt -n __tmqtt_first -xa help -d 'show help'",
    ...topics.map(
      ({ name, summary }) => `complete -c tmqtt -n '__tmqtt_second help' -xa ${name} -d ${quoted(summary)}`,
    ),
    "complete -c tmqtt -n __tmqtt_alone -l help -d 'Show help'",
    "complete -c tmqtt -n __tmqtt_alone -l version -d 'Show the version'",
    ...groups.flatMap(([first, members]) =>
      members.flatMap(({ name, summary }) =>
        name === first
          ? []
          : [
              `complete -c tmqtt -n '__tmqtt_second ${first}' -xa ${name.slice(first.length + 1)} -d ${quoted(summary)}`,
            ],
      ),
    ),
    '',
    'function __tmqtt_pair_second',
    '    switch (commandline -opc)[-1]',
    ...Object.entries(pairsOf(commands)).flatMap(([first, seconds]) => [
      `        case ${first}`,
      `            printf '%s\\n' ${seconds.join(' ')}`,
    ]),
    '    end',
    'end',
    "complete -c tmqtt -n '__tmqtt_behind -D --property' -xa '(__tmqtt_pair_second)'",
    '',
    ...optionLines(commands),
    ...commands.flatMap(positionalLines),
    '',
  ].join('\n')
}

/** A line for each option, with all the commands that have the very same. */
function optionLines(commands: readonly Completed[]): string[] {
  const users = new Map<string, string[]>()
  for (const { name, options } of commands) {
    for (const option of options) {
      const text = optionText(option)
      users.set(text, [...(users.get(text) ?? []), name])
    }
  }
  return [...users].map(([text, names]) => `complete -c tmqtt -n ${condition('__tmqtt_is', names)} ${text}`)
}

function condition(test: string, names: readonly string[]): string {
  return quoted([test, ...names.map((name) => (name.includes(' ') ? `"${name}"` : name))].join(' '))
}

function optionText({ names, values, describe }: Argument): string {
  const typed = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  return [...typed, valuesText(values), `-d ${quoted(describe)}`].filter((part) => part !== '').join(' ')
}

function valuesText(values: Argument['values']): string {
  switch (values.type) {
    case 'flag':
      return ''
    case 'words':
      return `-xa '${values.words.join(' ')}'`
    case 'pairs':
      return `-xa '${Object.keys(values.pairs).join(' ')}'`
    case 'file':
      return '-rF'
    case 'directory':
      return "-xa '(__fish_complete_directories)'"
    case 'profile':
      return "-xa '(__tmqtt_profiles)'"
    default:
      return '-x'
  }
}

function positionalLines({ name, positionals, hasRest }: Completed): string[] {
  const places = positionals.map((each, at) => {
    const test = condition(`__tmqtt_place ${each.repeat ? 0 : at + 1}`, [name])
    return `complete -c tmqtt -n ${test} ${valuesText(each.values)}`.trimEnd()
  })
  return hasRest
    ? [...places, `complete -c tmqtt -n ${condition('__tmqtt_program', [name])} -xa '(__tmqtt_rest)'`]
    : places
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

const HEAD = `# Completion of tmqtt for fish, from 'tmqtt completion fish'.
complete -c tmqtt -f

# Nothing but the name of the program stands before the cursor.
function __tmqtt_alone
    test (count (commandline -opc)) -eq 1
end

# A command, or the first word of its name, is to come.
function __tmqtt_first
    set -l words (commandline -opc)
    test (count $words) -eq 1; or test "$words[2..]" = help
end

# The second word of a command of the group is to come.
function __tmqtt_second
    set -l words (commandline -opc)
    test "$words[2..]" = $argv[1]; or test "$words[2..]" = "help $argv[1]"
end

# One of these is the command.
function __tmqtt_is
    set -l words (commandline -opc)
    contains -- "$words[2]" $argv; or begin
        test (count $words) -ge 3; and contains -- "$words[2..3]" $argv
    end
end

# One of these is the word before the last.
function __tmqtt_behind
    set -l words (commandline -opc)
    test (count $words) -ge 3; and contains -- $words[-2] $argv
end

# This many words stand behind the name of the command, but for options (0: whatever number).
function __tmqtt_place
    __tmqtt_is $argv[2]; or return
    test $argv[1] -eq 0; and return
    set -l before (string split ' ' -- $argv[2])
    set -l others (string match -v -- '-*' (commandline -opc))
    test (count $others) -eq (math 1 + (count $before) + $argv[1] - 1)
end

# The words of another program have begun.
function __tmqtt_program
    __tmqtt_is $argv; and contains -- -- (commandline -opc)
end

function __tmqtt_rest
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words)
    set -l rest (string escape -- $words[(math $at + 1)..]) (commandline -ct)
    complete -C "$rest"
end

function __tmqtt_profiles
    set -l words (commandline -opc)
    set -l at (contains -i -- --config $words)
    set -l config
    if test -n "$at"; and test $at -lt (count $words)
        set config --config $words[(math $at + 1)]
    end
    for word in $words
        string match -q -- '--config=*' $word; and set config $word
    end
    $words[1] profile list $config 2>/dev/null | string replace -r '  .*' ''
end
`
