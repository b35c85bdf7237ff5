import { environmentName } from '../options/option.ts'
import type { Section } from './section.ts'

/** What tmqtt reads from the environment. */
export const environment: readonly Section[] = [
  {
    heading: 'Options',
    text:
      `Every option has a variable, named after its long name: ${environmentName('keepAlive')} for --keep-alive. ` +
      'The command line wins over the environment, that over a profile. An empty variable counts as absent.',
    rows: [
      [`${environmentName('host')}, ${environmentName('port')}, …`, 'The value of the option'],
      [
        `${environmentName('verbose')}, ${environmentName('insecure')}, …`,
        'For options without a value: true, 1 or yes; false, 0 or no',
      ],
      [
        `${environmentName('password')}, ${environmentName('psk')}, …`,
        'Secrets, which other users would see in the process list on the command line',
      ],
      [`${environmentName('profile')}, ${environmentName('config')}`, 'The profile to use, and the file that it is in'],
    ],
  },
  {
    heading: 'Other variables',
    rows: [
      ['NO_COLOR', 'Anything but nothing: no colour, unless --color says otherwise'],
      ['FORCE_COLOR', 'Anything but nothing: colour also into a pipe or file; --color and NO_COLOR win over it'],
      ['TERM', 'dumb: a terminal without colour'],
      ['SSL_CERT_FILE', 'The authorities that --tls-use-os-certs trusts, as a file'],
      ['XDG_CONFIG_HOME', 'Where configuration files are, in place of ~/.config'],
      ['XDG_CACHE_HOME', 'Where the cache for quick starts is, in place of ~/.cache'],
      ['NODE_DISABLE_COMPILE_CACHE', '1: no cache for quick starts'],
      ['MQTT_TOPIC, MQTT_QOS, …', 'Set for the commands that --exec runs: the message (tmqtt sub --help)'],
    ],
  },
]
