/** As `-V` has them. */
export const versions = ['31', '311', '5'] as const
export type Version = (typeof versions)[number]

/** Beside plain TCP. */
export const transports = ['tls', 'ws', 'wss'] as const
export type Transport = (typeof transports)[number]

/** Why a connection is refused: the exit status, and what is said. */
export interface Refusal {
  readonly exit: number
  readonly says: RegExp
}

/** Where a broker does not do all of MQTT. */
export interface Limits {
  /** Versions that it does not speak. */
  readonly versions?: Readonly<Partial<Record<Version, Refusal>>>
  /** Ways that do not lead to it, and why. */
  readonly transports?: Readonly<Partial<Record<Transport, string>>>
  /** The largest payload that it sends over WebSocket within seconds. */
  readonly webSocketPayload?: number
  /** The highest that it takes and grants. */
  readonly maximumQos?: 1 | 2
  /** Whether a subscription with wildcards gets retained messages. */
  readonly retainedForWildcards?: boolean
  /** The return code before MQTT 5 for a wrong user or password: bad user name or password, or not authorized. */
  readonly wrongPassword?: 4 | 5
  /** Whether a client identifier of MQTT 3.1 may be longer than that allows. */
  readonly longClientIds?: boolean
  /** Whether a client identifier may have characters that are newer than Unicode 3.2. */
  readonly newClientIds?: boolean
  /** It hangs up on a client that comes back while it still forgets its last session. */
  readonly isSlowToForget?: boolean
  /** What becomes of topics that begin with `$`: wildcards match them, or nobody may publish to them. */
  readonly dollarTopics?: 'matched' | 'forbidden'
  /** Who subscribes to `#` gets messages of the broker's own on topics that have wildcards. */
  readonly wildcardTopics?: boolean
}

const unspoken: Refusal = { exit: 1, says: /unacceptable protocol version \(1\); try another protocol version \(-V\)/ }

/**
 * What is known of each broker; all that is not here is done as MQTT has it.
 *
 * Mosca 2.8.3, the ancestor of aedes, is not among them: npm installs it, with 498 packages, but it does not start, as
 * the newer jsonschema that comes with it refuses its options. With that held at 1.2.4 it carries messages at QoS 0
 * and 1, but never answers CONNECT of MQTT 5, delivers at the QoS of the subscription what was published at a lower
 * one, and retained messages as if they were not; there `+` stands for no empty level.
 */
export const limits = {
  // 4 KB every 100 ms, whatever the client is.
  mosquitto: { webSocketPayload: 2 ** 15 },
  rabbitmq: {
    versions: {
      '5': { exit: 3, says: /closed the connection before CONNACK; it may want TLS, another protocol version/ },
    },
    maximumQos: 1,
    retainedForWildcards: false,
    wrongPassword: 4,
    dollarTopics: 'matched',
    isSlowToForget: true,
  },
  activemq: {
    versions: { '5': unspoken },
    transports: { ws: 'has none in Debian', wss: 'has none in Debian' },
    wildcardTopics: true,
  },
  ejabberd: { versions: { '31': unspoken }, newClientIds: false, dollarTopics: 'forbidden' },
  aedes: { versions: { '5': unspoken }, wrongPassword: 4, longClientIds: false },
} as const satisfies Record<string, Limits>
