import { topics } from '../topics.ts'
import { type Argument, type Completed, groupSummary, groupsOf, pairsOf } from './model.ts'

/** The script for zsh: a function in a file of its own, or to be evaluated. */
export function zshCompletion(commands: readonly Completed[]): string {
  const groups = [...groupsOf(commands)]
  const parents = groups.filter(([first, [only]]) => only!.name !== first)
  return [
    '#compdef tmqtt',
    "# Completion of tmqtt for zsh, from 'tmqtt completion zsh'.",
    '',
    '_tmqtt_commands() {',
    '  local -a commands=(',
    ...groups.map(([first, members]) => `    ${described(first, groupSummary(members))}`),
    `    ${described('help', 'show help')}`,
    '  )',
    "  _describe -t commands 'tmqtt command' commands",
    '}',
    '',
    '_tmqtt_topics() {',
    '  local -a topics=(',
    ...topics.map(({ name, summary }) => `    ${described(name, summary)}`),
    '  )',
    "  _describe -t topics 'topic of help' topics",
    '}',
    '',
    '_tmqtt_members() {',
    '  local -a commands',
    '  case $1 in',
    ...parents.flatMap(([first, members]) => [
      `    (${first})`,
      '      commands=(',
      ...members.map(({ name, summary }) => `        ${described(name.slice(first.length + 1), summary)}`),
      '      )',
      '      ;;',
    ]),
    '  esac',
    '  _describe -t commands "tmqtt $1 command" commands',
    '}',
    '',
    '# The second word of a pair, by the first.',
    '_tmqtt_seconds() {',
    '  case $words[CURRENT-1] in',
    ...Object.entries(pairsOf(commands)).map(
      ([first, seconds]) => `    (${first}) compadd "$@" - ${seconds.join(' ')} ;;`,
    ),
    '  esac',
    '}',
    '',
    '_tmqtt_command() {',
    '  local context state line',
    '  local -A opt_args',
    ...commandCases(commands),
    '}',
    LOGIC.replace('PARENTS', parents.map(([first]) => first).join('|')),
  ].join('\n')
}

function described(name: string, text: string): string {
  return quoted(`${name}:${text}`)
}

/** Options that several commands have stand in lists of their own: without these, the script would be three times as long. */
function commandCases(commands: readonly Completed[]): string[] {
  const users = new Map<string, string[]>()
  for (const { name, options } of commands) {
    for (const spec of options.map(optionSpec)) users.set(spec, [...(users.get(spec) ?? []), name])
  }
  const lists = new Map<string, { readonly names: readonly string[]; readonly specs: string[] }>()
  for (const [spec, names] of users) {
    const list = lists.get(names.join()) ?? { names, specs: [] }
    list.specs.push(spec)
    lists.set(names.join(), list)
  }
  const shared = [...lists.values()].filter(({ names }) => names.length > 1)
  const own = [...lists.values()].filter(({ names }) => names.length === 1)
  return [
    ...shared.flatMap(({ specs }, at) => [`  local -a shared_${at}=(`, ...specs.map((spec) => `    ${spec}`), '  )']),
    '  case $1 in',
    ...commands.flatMap(({ name, positionals, hasRest }) => {
      const specs = [
        ...shared.flatMap(({ names }, at) => (names.includes(name) ? [`$shared_${at}`] : [])),
        ...own.flatMap((each) => (each.names[0] === name ? each.specs : [])),
        ...positionals.map((each, at) => quoted(`${each.repeat ? '*' : at + 1}${message(each)}`)),
        ...(hasRest ? ["'*::program:_normal'"] : []),
      ]
      return [`    ('${name}')`, `      _arguments -s -S : \\\n        ${specs.join(' \\\n        ')}`, '      ;;']
    }),
    '  esac',
  ]
}

/** As in `'(-q --qos)'{-q+,--qos=}'[Guarantee]:QOS:(0 1 2)'`. */
function optionSpec(option: Argument): string {
  const { names, describe, values, repeat } = option
  const takes = values.type !== 'flag'
  const forms = names.map((name) => (takes ? `${name}${name.startsWith('--') ? '=' : '+'}` : name))
  const text = quoted(`[${describe.replace(/[\\[\]]/g, '\\$&')}]${takes ? message(option) : ''}`)
  const alone = names[0] === '--help' ? "'(- : *)'" : quoted(repeat ? '*' : `(${names.join(' ')})`)
  return forms.length === 1 ? `${alone}${forms[0]}${text}` : `${alone}{${forms.join(',')}}${text}`
}

/** `:MESSAGE:ACTION`, for each word that is to come. */
function message({ placeholder, values }: Argument): string {
  const name = placeholder.replace(/[\\:]/g, '\\$&')
  switch (values.type) {
    case 'words':
      return `:${name}:(${values.words.join(' ')})`
    case 'file':
      return `:${name}:_files`
    case 'directory':
      return `:${name}:_files -/`
    case 'profile':
      return `:${name}:_tmqtt_profiles`
    case 'pairs':
      return `:PACKET:(${Object.keys(values.pairs).join(' ')}):NAME:_tmqtt_seconds:VALUE: `
    default:
      return `:${name}: `
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

const LOGIC = `
_tmqtt_profiles() {
  local -a names config
  local file=\${opt_args[--config]}
  if [[ -n $file ]] config=(--config "\${(Q)file}")
  names=(\${\${(f)"$(_call_program profiles $program profile list \${(q)config} 2>/dev/null)"}%%  *})
  compadd "$@" -a names
}

_tmqtt() {
  local program=$words[1]
  local curcontext=$curcontext
  shift words
  (( CURRENT -= 1 ))
  if [[ $words[1] == help ]] && (( CURRENT > 1 )); then
    shift words
    (( CURRENT -= 1 ))
    if (( CURRENT == 1 )); then
      _tmqtt_commands
      _tmqtt_topics
    elif (( CURRENT == 2 )); then
      _tmqtt_members $words[1]
    fi
    return
  fi
  if (( CURRENT == 1 )); then
    if [[ $PREFIX == -* ]]; then
      compadd -- --help --version
    else
      _tmqtt_commands
    fi
    return
  fi
  local command=$words[1]
  case $command in
    (PARENTS)
      if (( CURRENT == 2 )); then
        if [[ $PREFIX == -* ]]; then
          compadd -- --help
        else
          _tmqtt_members $command
        fi
        return
      fi
      command="$command $words[2]"
      shift words
      (( CURRENT -= 1 ))
      ;;
  esac
  curcontext="\${curcontext%:*:*}:tmqtt-\${command// /-}:"
  _tmqtt_command $command
}

if [[ $funcstack[1] == _tmqtt ]]; then
  _tmqtt "$@"
else
  compdef _tmqtt tmqtt
fi
`
