/// <reference lib="esnext.disposable" preserve="true" />

/** Delivery guarantee: at most once, at least once, exactly once [MQTT 5, 4.3]. */
export type QoS = 0 | 1 | 2

/** Properties of a message; they need MQTT 5 [3.3.2.3]. */
export interface MessageProperties {
  /** Whether the payload is UTF-8 text (1) or just bytes (0). */
  readonly payloadFormatIndicator?: number
  /** Seconds after which the broker drops what it has not delivered yet. */
  readonly messageExpiryInterval?: number
  readonly contentType?: string
  /** Where the sender of a request waits for the answer. */
  readonly responseTopic?: string
  readonly correlationData?: Uint8Array
  /** Pairs of name and value, in their order; names may repeat. */
  readonly userProperties?: readonly (readonly [name: string, value: string])[]
}

/** A message as it came. */
export interface Message {
  readonly topic: string
  /** A view (a Buffer) of what was read from the network, which it keeps in memory: copy what has to live for long. */
  readonly payload: Uint8Array
  /** The payload as UTF-8; bytes that are none become U+FFFD. */
  readonly text: string
  readonly qos: QoS
  /** It was kept by the broker, or RETAIN stands as the publisher has set it (`retainAsPublished`). */
  readonly retain: boolean
  /** The broker has sent it before, perhaps in vain. */
  readonly dup: boolean
  /** Empty before MQTT 5. */
  readonly properties: ReceivedProperties
}

export interface ReceivedProperties extends MessageProperties {
  readonly subscriptionIdentifiers?: readonly number[]
}

export interface PublishOptions {
  /** 0 unless given. */
  readonly qos?: QoS
  /** Have the broker keep it, as the last message of its topic. */
  readonly retain?: boolean
  readonly properties?: MessageProperties
}

/** A message to publish. */
export interface OutgoingMessage extends PublishOptions {
  readonly topic: string
  /** Text goes out as UTF-8. Bytes are not to be changed until the message is acknowledged. */
  readonly payload: string | Uint8Array
}

/** Messages one by one, or in batches. */
export type MessageSource =
  | Iterable<OutgoingMessage | readonly OutgoingMessage[]>
  | AsyncIterable<OutgoingMessage | readonly OutgoingMessage[]>

export interface PublishManyOptions {
  /**
   * Told of each message that the broker rejects, and the others go on. Without it, the first rejection ends the batch.
   */
  readonly rejected?: (topic: string, error: Error & { readonly reasonCode: number }) => void
}

/** What to ask of the broker for one filter [MQTT 5, 3.8.3.1]; all but `qos` need MQTT 5. */
export interface FilterOptions {
  readonly qos: QoS
  /** Not the messages that this client has published. */
  readonly noLocal?: boolean
  /** RETAIN as the publisher has set it; else it marks what the broker had kept. */
  readonly retainAsPublished?: boolean
  /** Retained messages: 0 always (unless given), 1 for a new subscription only, 2 never. */
  readonly retainHandling?: 0 | 1 | 2
}

/** Topic filters, each with its QoS or all its options. */
export type Filters<Filter extends string = string> = { readonly [F in Filter]: QoS | FilterOptions }

/**
 * Deals with a message. One at a time runs for a subscription, in the order of the messages; the message is acknowledged
 * when it has returned, or the promise that it returned is fulfilled.
 *
 * @param filter that brought the message; '' where none of the filters matches.
 */
export type Handler = (message: Message, filter: string) => unknown

/** A handler for each filter: a message that several filters match goes to each of them. */
export type Handlers<Filter extends string = string> = { readonly [F in Filter]?: Handler }

export interface SubscribeOptions {
  /** Takes what no filter with a handler matches, such as messages that a kept session has from earlier subscriptions. */
  readonly unmatched?: Handler
}

/**
 * What `subscribe` has set up. Without handlers it is to be iterated: it yields batches as they come from the network,
 * and asking for the next one acknowledges the last. A batch that the loop leaves by `break` or an error is not
 * acknowledged, unless by `acknowledge`, and the subscription ends.
 */
export interface Subscription extends AsyncIterable<readonly Message[]> {
  /** The QoS that the broker has granted to each filter. */
  readonly granted: ReadonlyMap<string, number>
  /** Acknowledges the batch at hand, before the next one is asked for. */
  acknowledge(): void
  /** Unsubscribes. What was received and not dealt with is left unacknowledged; loops over it end. */
  end(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The part of AbortSignal that is used. */
export interface Signal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** What the broker publishes if this client vanishes. */
export interface Will extends OutgoingMessage {
  /** Seconds to wait before, in which the client may come back; needs MQTT 5. */
  readonly delayInterval?: number
}

/** PEM text, in one string or several. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[]

export interface TlsOptions {
  /** Certificates of the authorities to trust; those that Node knows unless given. */
  readonly ca?: Pem
  /** Lists of revoked certificates: one of every authority in the chain, or nothing is trusted. */
  readonly crl?: Pem
  /** Client certificate with its chain, and its key. */
  readonly cert?: Pem
  readonly key?: Pem
  /** Of the key. */
  readonly passphrase?: string
  /** Name to ask for (SNI) and to find in the certificate; the host of the URL unless given. */
  readonly servername?: string
  /** Accept a certificate for another host name; authority and dates are still checked. */
  readonly acceptAnyName?: boolean
  /** Application protocol to ask for (ALPN). */
  readonly alpn?: string
}

/** How to connect again after the connection was lost. */
export interface ReconnectOptions {
  /** In a row; no limit unless given. */
  readonly attempts?: number
  /** Wait before the first attempt, 1000 unless given; it doubles with each further one, and half of it is random. */
  readonly delayMs?: number
  /** Longest wait, 30,000 unless given. */
  readonly maxDelayMs?: number
}

export interface ConnectOptions {
  /** 5 unless given, and '3.1.1' with a broker that refuses that. */
  readonly protocolVersion?: '3.1' | '3.1.1' | '5'
  /** Assigned by the broker unless given. */
  readonly clientId?: string
  readonly username?: string
  readonly password?: string | Uint8Array
  /** Whether the broker forgets what it has of an earlier session of this client identifier; true unless given. */
  readonly cleanStart?: boolean
  /**
   * Seconds that the broker keeps the session after the connection ends, 4,294,967,295 for ever. Without it: for ever if
   * `cleanStart` is false, else not at all. Needs MQTT 5, before which `cleanStart` decides.
   */
  readonly sessionExpiryInterval?: number
  /** Seconds without a packet after which to ask whether the broker is still there, 60 unless given. */
  readonly keepAlive?: number
  readonly will?: Will
  /** For `mqtts:` and `wss:`. */
  readonly tls?: TlsOptions
  /** Headers of the WebSocket request. */
  readonly headers?: { readonly [name: string]: string }
  /** User properties of CONNECT; they need MQTT 5. */
  readonly userProperties?: readonly (readonly [name: string, value: string])[]
  /** Time for connecting until CONNACK, and for SUBACK; 30,000 unless given. */
  readonly connectTimeoutMs?: number
  /** Longest time without any acknowledgement while messages wait for theirs; 30,000 unless given. */
  readonly ackTimeoutMs?: number
  /** Most messages at QoS 1 and 2 to have unacknowledged, 1000 unless given; fewer where the broker says so. */
  readonly maxInflight?: number
  /** Most messages at QoS 1 and 2 that the broker may send before they are acknowledged; needs MQTT 5. */
  readonly receiveMaximum?: number
  /** Bytes of the largest packet to accept. */
  readonly maxPacketSize?: number
  /** `false` ends the client when the connection is lost. */
  readonly reconnect?: boolean | ReconnectOptions
  /** Stops connecting, and later ends the client at once. */
  readonly signal?: Signal
  /** Told, in words, when the connection was lost and when it is back. */
  readonly notice?: (text: string) => void
}

export interface DisconnectOptions {
  /** How long handlers and acknowledgements may take before it gives up on them; 10,000 unless given. */
  readonly timeoutMs?: number
  /** Have the broker publish the will all the same; needs MQTT 5. */
  readonly withWill?: boolean
}

/** A client at a broker, over as many connections as it takes. */
export interface Client {
  /** In use, also where the broker has assigned it. */
  readonly clientId: string
  /** Whether the broker had kept a session of this client, on the first connection. */
  readonly sessionPresent: boolean
  /** In use. */
  readonly protocolVersion: '3.1' | '3.1.1' | '5'
  /**
   * Fulfilled when the client has disconnected. Rejected with the reason when it ended otherwise: the broker refuses it,
   * attempts to reconnect ran out, the signal was aborted, or a handler failed, whose error it is then. That is an
   * unhandled rejection if nobody waits for this, nor for a message or a batch, which fail for the same reason.
   */
  readonly closed: Promise<void>
  /**
   * Takes no more messages, waits until what is published is acknowledged and handlers that run are done, sends
   * DISCONNECT and closes. In a handler it counts as the end of the handler.
   *
   * @throws ConnectionLostError when messages are left unacknowledged.
   */
  disconnect(options?: DisconnectOptions): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
