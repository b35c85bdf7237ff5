import { allChecks } from '../../src/checks/index.ts'
import { hasActivemq, startActivemq } from '../support/activemq.ts'
import { startAedes } from '../support/aedes.ts'
import { ejabberdUser, hasEjabberd, startEjabberd } from '../support/ejabberd.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { hasRabbitmq, startRabbitmq } from '../support/rabbitmq.ts'
import { type Limits, limits, type Transport } from './limits.ts'

/** Why a check does not pass. */
export interface Exception {
  readonly status: 'failed' | 'unsupported' | 'skipped'
  readonly why: RegExp
  /** For the README, where it is not plain from the table. */
  readonly note?: string
}

export interface MatrixBroker {
  readonly title: string
  readonly isInstalled: boolean
  /** @returns its URL. */
  readonly start: () => Promise<string>
  /** All others pass. */
  readonly exceptions: Readonly<Record<string, Exception>>
  /** Ways that do not lead to it, and why; the scenarios go the others. */
  readonly missing?: Limits['transports']
}

const unsupported = (why: RegExp, note?: string): Exception => ({
  status: 'unsupported',
  why,
  ...(note === undefined ? {} : { note }),
})
const failed = (why: RegExp, note: string): Exception => ({ status: 'failed', why, note })

/** What a broker without MQTT 5 lacks. */
const before5 = Object.fromEntries([
  ['connect-5', unsupported(/^(unacceptable protocol version \(1\)|the broker closes the connection)$/)],
  ...allChecks
    .filter(({ since }) => since === 5)
    .map(({ name }) => [name, unsupported(/^of MQTT 5, which the broker does not speak$/)]),
  ['shared-subscription', unsupported(/^no message came; shared subscriptions are of MQTT 5$/)],
])

/** What `check` finds in each, verified by hand with mosquitto_sub and mosquitto_pub. */
export const matrix: readonly MatrixBroker[] = [
  {
    title: 'mosquitto 2.0.11',
    isInstalled: hasMosquitto,
    start: async () => (await startMosquitto()).urls.tcp,
    exceptions: {},
  },
  {
    title: 'RabbitMQ 3.10.8',
    isInstalled: hasRabbitmq,
    start: async () => (await startRabbitmq()).urls.tcp,
    exceptions: {
      ...before5,
      'qos-2': unsupported(/^the broker grants QoS 1 in its place$/, 'grants QoS 1'),
      'retained-wildcard': failed(/^no message 'kept' on .* within 5 s$/, 'brings none'),
    },
  },
  {
    title: 'ActiveMQ 5.17.2',
    isInstalled: hasActivemq,
    start: async () => (await startActivemq()).urls.tcp,
    exceptions: {
      ...before5,
      'wildcard-sys': failed(
        /does not speak MQTT as it should: it sent PUBLISH with a wildcard in its topic$/,
        'tells whoever subscribes to `#` of subscriptions, on topics that end in `#` themselves',
      ),
      'session-present': failed(
        /^session present was 0 for a session that was to be kept$/,
        'keeps the session, but says that it does not',
      ),
      'session-queue': { status: 'skipped', why: /^needs session-present, which failed$/ },
      'session-clean': { status: 'skipped', why: /^needs session-present, which failed$/ },
    },
    missing: limits.activemq.transports,
  },
  {
    title: 'ejabberd 23.01',
    isInstalled: hasEjabberd,
    start: async () => Object.assign(new URL((await startEjabberd()).urls.tcp), ejabberdUser).href,
    exceptions: {
      'connect-3.1': unsupported(/^unacceptable protocol version \(1\)$/),
      'shared-subscription': unsupported(/^the broker says that it has no shared subscriptions$/),
    },
  },
  {
    title: '`tmqtt broker`',
    isInstalled: true,
    start: async () => (await startAedes()).urls.tcp,
    exceptions: before5,
    missing: { tls: 'has none', wss: 'has none' },
  },
]

/** Checks that depend on where the broker is, not on which it is. */
export const whereabouts = ['name', 'tls', 'websocket']

const SYMBOLS = { passed: '✓', failed: '✗', unsupported: '–', skipped: '' } as const

const transportNames = { tls: 'over TLS', ws: 'over WebSocket', wss: 'over WebSocket with TLS' }

/** The table for the README. */
export function matrixTable(): string {
  const notes: string[] = []
  const cell = ({ title, exceptions }: MatrixBroker, name: string) => {
    const { status = 'passed', note } = exceptions[name] ?? {}
    if (note !== undefined) notes.push(`${SYMBOLS[status]} ${name}: ${title.replace(/ .*/, '')} ${note}`)
    return SYMBOLS[status]
  }
  const rows = allChecks
    .filter(({ name }) => !whereabouts.includes(name))
    .map(({ name }) => `| ${[name, ...matrix.map((broker) => cell(broker, name))].join(' | ')} |`)
  for (const [transport, name] of Object.entries(transportNames)) {
    const cells = matrix.map(({ title, missing = {} }) => {
      const why = missing[transport as Transport]
      if (why !== undefined) notes.push(`${SYMBOLS.unsupported} ${name}: ${title.replace(/ \d.*/, '')} ${why}`)
      return why === undefined ? SYMBOLS.passed : SYMBOLS.unsupported
    })
    rows.push(`| ${[name, ...cells].join(' | ')} |`)
  }
  const header = `| | ${matrix.map(({ title }) => title).join(' | ')} |`
  const ruler = `| --- |${' :-: |'.repeat(matrix.length)}`
  return `${[header, ruler, ...rows, '', `${notes.join('; ')}.`].join('\n')}\n`
}
