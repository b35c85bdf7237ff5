import { duration, integer } from './kinds.ts'
import { InvalidValue, type Kind, table, type ValuesOf } from './option.ts'

const commandLine: Kind<string> = {
  placeholder: 'COMMAND',
  expected: 'a command line for sh',
  parse(value) {
    if (value.trim() === '' || value.includes('\0')) throw new InvalidValue()
    return value
  },
}

/**
 * A command to run for each message.
 *
 * @param limit how many may run at a time unless told otherwise.
 */
export function execOptions(limit: number) {
  return table({
    exec: {
      kind: commandLine,
      group: 'Command',
      describe:
        'Run this command by sh for each message, with the payload as its standard input, and in its environment ' +
        'MQTT_TOPIC, MQTT_QOS, MQTT_RETAIN (1 or 0), MQTT_CONTENT_TYPE, MQTT_RESPONSE_TOPIC, MQTT_CORRELATION_DATA ' +
        '(in base64), MQTT_PAYLOAD_FORMAT_INDICATOR, MQTT_MESSAGE_EXPIRY_INTERVAL, and of user properties ' +
        'MQTT_USER_PROPERTIES (how many), MQTT_USER_PROPERTY_NAME_1, MQTT_USER_PROPERTY_VALUE_1 and so on',
    },
    execLimit: {
      kind: integer(1, 1000),
      group: 'Command',
      describe: 'How many commands may run at a time; while they do, no more is read',
      default: limit,
      requires: ['exec'],
    },
    execTimeout: {
      kind: duration(1),
      group: 'Command',
      describe: 'End a command that runs longer, and count it as failed',
      requires: ['exec'],
    },
  })
}

export type ExecValues = ValuesOf<ReturnType<typeof execOptions>>
