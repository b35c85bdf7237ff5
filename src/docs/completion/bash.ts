import { topics } from '../topics.ts'
import { type Argument, type Completed, groupsOf, pairsOf } from './model.ts'

/** The script for bash 3.2 and later. */
export function bashCompletion(commands: readonly Completed[]): string {
  const groups = [...groupsOf(commands)]
  const members = groups.flatMap(([first, each]) => {
    const seconds = each.map(({ name }) => name.slice(first.length + 1))
    return seconds[0] === '' ? [] : [`  ${first}) members='${seconds.join(' ')}' ;;`]
  })
  return [
    HEAD,
    '# The commands of the group $1.',
    '_tmqtt_members() {',
    '  case $1 in',
    ...members,
    '  *) return 1 ;;',
    '  esac',
    '}',
    '',
    '# The options of the command $1, * for those that may be repeated; positional words; whether another program may follow.',
    '_tmqtt_words() {',
    '  case $1 in',
    ...commands.map(commandCase),
    '  *) return 1 ;;',
    '  esac',
    '}',
    '',
    '# What can stand behind the option $2 of the command $1.',
    '_tmqtt_values() {',
    '  case "$1 $2" in',
    ...valueCases(commands),
    '  *) values=flag ;;',
    '  esac',
    '}',
    '',
    '# The second word of a pair, by the first.',
    '_tmqtt_seconds() {',
    '  case $1 in',
    ...Object.entries(pairsOf(commands)).map(
      ([first, seconds]) => `  ${first}) values='words:${seconds.join(' ')}' ;;`,
    ),
    '  *) values=text ;;',
    '  esac',
    '}',
    '',
    LOGIC.replace('COMMANDS', [...groups.map(([first]) => first), 'help'].join(' '))
      .replace('TOPICS', topics.map(({ name }) => name).join(' '))
      .replace('PAIRS', Object.keys(pairsOf(commands)).join(' ')),
  ].join('\n')
}

function commandCase({ name, options, positionals, hasRest }: Completed): string {
  const places = positionals.map((each) => `'${valuesText(each.values)}'`)
  const last = positionals.at(-1)
  return [
    `  '${name}')`,
    `    options='${options.map(({ names, repeat }) => `${repeat ? '*' : ''}${names.join(',')}`).join(' ')}'`,
    ...(places.length === 0 ? [] : [`    positionals=(${places.join(' ')}) repeats=${last?.repeat ? 1 : 0}`]),
    ...(hasRest ? ['    program=1'] : []),
    '    ;;',
  ].join('\n')
}

/** A case for each way of typing an option; where commands differ, the fewer of them come first, by name. */
function valueCases(commands: readonly Completed[]): string[] {
  const users = new Map<string, Map<string, string[]>>()
  for (const { name: command, options } of commands) {
    for (const { names, values } of options) {
      for (const name of names) {
        const texts = users.get(name) ?? new Map<string, string[]>()
        const text = valuesText(values)
        users.set(name, texts.set(text, [...(texts.get(text) ?? []), command]))
      }
    }
  }
  const special: string[] = []
  const common = new Map<string, string[]>()
  for (const [name, texts] of users) {
    const [[most] = [''], ...others] = [...texts].sort(([, one], [, other]) => other.length - one.length)
    for (const [text, names] of others)
      special.push(`  ${names.map((command) => `'${command} ${name}'`).join(' | ')}) values='${text}' ;;`)
    if (most !== 'flag') common.set(most, [...(common.get(most) ?? []), `*' ${name}'`])
  }
  return [...special, ...[...common].map(([text, patterns]) => `  ${patterns.join(' | ')}) values='${text}' ;;`)]
}

function valuesText(values: Argument['values']): string {
  return values.type === 'words' ? `words:${values.words.join(' ')}` : values.type
}

const HEAD = `# shellcheck shell=bash
# Completion of tmqtt for bash, from 'tmqtt completion bash'. It needs nothing else, and bash-completion makes it better.
`

const LOGIC = `
# Offers those of the words $1 that go on as what was typed.
_tmqtt_offer() {
  local word
  for word in $1; do
    if [[ $word == "$typed"* ]]; then COMPREPLY+=("$prefix$word"); fi
  done
}

# Offers what can stand at the cursor. File names come from bash, where nothing else is offered.
_tmqtt_offer_values() {
  local name
  case $values in
  file) return ;;
  directory) compopt -o dirnames 2>/dev/null ;;
  words:*) _tmqtt_offer "\${values#words:}" ;;
  profile)
    while IFS= read -r name; do
      name=\${name%%  *}
      if [[ $name == "$typed"* ]]; then COMPREPLY+=("$prefix$(printf %q "$name")"); fi
    done < <("\${COMP_WORDS[0]}" profile list \${config:+--config "$config"} 2>/dev/null)
    ;;
  esac
  compopt +o default 2>/dev/null
}

# Sets the values to the options, but for those that were given already.
_tmqtt_options() {
  local option names name
  set -f
  values='words:'
  for option in $options; do
    names=\${option#\\*}
    names=\${names//,/ }
    if [[ $option != \\** ]]; then
      for name in $names; do
        if [[ $given == *" $name "* ]]; then continue 2; fi
      done
    fi
    values+="$names "
  done
  set +f
}

_tmqtt() {
  local IFS=$' \\t\\n' line=$COMP_LINE typed='' prefix='' command='' members='' options='' values='' config='' given=' ' word='' letters=''
  local -a words=() positionals=()
  local -i at count=0 place=0 repeats=0 program=0
  COMPREPLY=()

  # Bash parts words at = and : too. Put together again what no blank parts.
  for ((at = 0; at <= COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if ((at > 0)) && [[ -n $word && $line == [![:space:]]* ]]; then
      words[count - 1]+=$word
    else
      words[count]=$word
      count+=1
    fi
    line=\${line#"\${line%%[![:space:]]*}"}
    line=\${line#"$word"}
  done
  count+=-1
  typed=\${words[count]}

  at=1
  if ((count > 1)) && [[ \${words[1]} == help ]]; then at=2; fi
  if ((count == at)); then
    values='words:COMMANDS'
    if ((at == 2)); then values+=' TOPICS'; fi
    if [[ $typed == -* ]]; then values='words:--help --version'; fi
    _tmqtt_offer_values
    return
  fi
  command=\${words[at]}
  if _tmqtt_members "$command"; then
    at+=1
    if ((count == at)); then
      values="words:$members"
      if [[ $typed == -* ]]; then values='words:--help'; fi
      _tmqtt_offer_values
      return
    fi
    command+=" \${words[at]}"
  fi
  at+=1
  if [[ \${words[1]} == help ]] || ! _tmqtt_words "$command"; then
    _tmqtt_offer_values
    return
  fi

  while ((at < count)); do
    word=\${words[at]}
    at+=1
    if [[ $word == -- ]]; then
      options=''
      if ((program)); then
        if declare -F _command_offset >/dev/null; then _command_offset "$at"; fi
        return
      fi
      place=$((place + count - at))
      break
    fi
    if [[ $word != -?* ]]; then
      place+=1
      continue
    fi
    if [[ $word == --config=* ]]; then config=\${word#*=}; fi
    if [[ $word == --*=* ]]; then
      given+="\${word%%=*} "
      continue
    fi
    # -vq are two options, and -q1 is one with its value.
    letters=''
    if [[ $word != --* ]]; then letters=\${word:2} word=\${word:0:2}; fi
    given+="$word "
    _tmqtt_values "$command" "$word"
    while [[ -n $letters && $values == flag ]]; do
      word=-\${letters:0:1} letters=\${letters:1}
      given+="$word "
      _tmqtt_values "$command" "$word"
    done
    if [[ -n $letters || $values == flag ]]; then continue; fi
    if ((at == count)); then
      if [[ $values == pairs ]]; then values='words:PAIRS'; fi
      _tmqtt_offer_values
      return
    fi
    if [[ $word == --config ]]; then config=\${words[at]}; fi
    at+=1
    if [[ $values == pairs ]]; then
      if ((at == count)); then
        _tmqtt_seconds "\${words[at - 1]}"
        _tmqtt_offer_values
        return
      fi
      # The value, and that of a user property stands behind its name.
      if [[ \${words[at]} == user-property ]]; then at+=1; fi
      at+=2
      if ((at > count)); then
        values=text
        _tmqtt_offer_values
        return
      fi
    fi
  done

  if [[ -n $options && $typed == --*=* ]]; then
    _tmqtt_values "$command" "\${typed%%=*}"
    if [[ $COMP_WORDBREAKS != *=* ]]; then prefix=\${typed%%=*}=; fi
    typed=\${typed#*=}
    _tmqtt_offer_values
    return
  fi
  values=text
  if ((place < \${#positionals[@]})); then
    values=\${positionals[place]}
  elif ((repeats)); then
    values=\${positionals[\${#positionals[@]} - 1]}
  fi
  if [[ -n $options && ($typed == -* || $values == text) ]]; then _tmqtt_options; fi
  _tmqtt_offer_values
}

complete -o default -F _tmqtt tmqtt
`
