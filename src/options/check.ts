import { duration, flag, oneOf, topicName } from './kinds.ts'
import { nearest } from './nearest.ts'
import { InvalidValue, type Kind, table } from './option.ts'

/** Names of checks, with commas between them. */
function namesOf(known: readonly string[]): Kind<readonly string[]> {
  return {
    placeholder: 'CHECK',
    expected: 'names of checks with commas between them',
    parse(text) {
      const names = text.split(',').map((name) => name.trim())
      for (const name of names) if (!known.includes(name)) throw new InvalidValue(unknown(name, known))
      return names
    },
  }
}

function unknown(name: string, known: readonly string[]): string {
  const match = nearest(name, known)
  return `no check '${name}'${match === undefined ? `; the checks are ${known.join(', ')}` : `; did you mean ${match}?`}`
}

/** @param known names of all checks. */
export function checkOptions(known: readonly string[]) {
  const names = namesOf(known)
  return table({
    only: {
      kind: names,
      group: 'Checks',
      describe: 'Do only these checks, and what it takes to connect',
      repeat: true,
    },
    skip: { kind: names, group: 'Checks', describe: 'Leave these checks out', repeat: true },
    require: {
      kind: names,
      group: 'Checks',
      describe: 'Let these checks fail also where the broker does not support what they are about',
      repeat: true,
    },
    list: { kind: flag, group: 'Checks', describe: 'Print the names of all checks with what they say, and leave' },
    prefix: {
      kind: topicName,
      group: 'Checks',
      describe: 'Publish only to topics under this one, and there under a random one',
      default: 'tmqtt-check',
    },
    timeout: {
      kind: duration(1),
      short: 'W',
      group: 'Limits',
      describe:
        'Longest time for each check; large-payload has four times as long; removing what checks have left may take 5 s more',
      default: 5000,
      defaultText: '5s',
    },
    wait: {
      kind: duration(1),
      group: 'Limits',
      describe: 'Try for this long to connect first, until the broker is up',
    },
    warn: { kind: duration(1), group: 'Limits', describe: 'Warn of round trips that take longer' },
    crit: { kind: duration(1), group: 'Limits', describe: 'Let the check fail whose round trips take longer' },
    format: {
      kind: oneOf('FORMAT', {
        text: 'text',
        json: 'json',
        tap: 'tap',
        junit: 'junit',
        prometheus: 'prometheus',
      } as const),
      short: 'F',
      group: 'Output',
      describe: 'How to print the outcome',
      default: 'text',
    },
  })
}
