/** What a broker can do wrong, each by itself; all else stays right. */
export const faults = [
  // Connection
  'never answers CONNECT',
  'refuses empty client id',
  'accepts wrong protocol level',
  'no PINGRESP',
  /** From the first PUBLISH of any client on, it reads but sends nothing, on whichever connection. */
  'stops answering',
  // Acknowledgements: what they acknowledge is done.
  'drops PUBACK',
  'drops PUBREC',
  /** For what the broker delivers at QoS 2. */
  'drops PUBREL',
  'drops PUBCOMP',
  'drops SUBACK',
  'drops UNSUBACK',
  // Filters
  'refuses SUBSCRIBE',
  /** `+` matches one level and more. */
  'delivers to the wrong filter',
  /** `a/#` doesn't match `a`. */
  'hash misses parent',
  /** `a/+` doesn't match `a/`. */
  'plus misses empty level',
  '# matches $SYS',
  /** UNSUBACK comes, the subscription stays. */
  'delivers after UNSUBSCRIBE',
  // Retained messages
  /** Retained messages are delivered live, but not stored. */
  'forgets retained',
  /** An empty retained message clears nothing. */
  'keeps retained',
  /** The retain flag of a live message stays as published. */
  'live without retain flag cleared',
  /** Live messages have no retain flag, whatever the subscription says. */
  'ignores retain as published',
  /** Every SUBSCRIBE brings the retained messages. */
  'ignores retain handling',
  // Will
  'no will',
  'will after DISCONNECT',
  // Live delivery to a connected client that doesn't share the subscription, by the QoS of the PUBLISH
  'loses QoS 0',
  'loses QoS 1',
  'loses QoS 2',
  // The same, by the QoS of the subscriber's copy
  'duplicates QoS 1',
  'duplicates QoS 2',
  /** From the third message on a topic on, swaps two that come within 50 ms. */
  'reorders',
  /** Grants QoS 2, delivers at QoS 1. */
  'downgrades QoS',
  // Payloads of more than 64 KB
  /** To 64 KB. */
  'truncates payload',
  /** One bit in the middle. */
  'corrupts payload',
  'closes on large payload',
  // Sessions
  /** CONNACK says 0, but the session goes on. */
  'wrong session present',
  /** CONNACK says 1 where clean start has discarded a session. */
  'session present after clean start',
  /** The queued messages are gone; the subscriptions stay, and CONNACK says 1. */
  'forgets session',
  /** The session ends with its connection, and CONNACK says 0. */
  'discards session',
  // Shared subscriptions
  'shared delivers to all',
  'shared delivers to none',
  // MQTT 5
  /** Nothing expires, and the interval is forwarded as it came. */
  'ignores message expiry',
  /** Closes the connection at a PUBLISH without topic. */
  'ignores topic alias',
  /** Response topic and correlation data aren't forwarded. */
  'drops properties',
  /** User properties aren't forwarded. */
  'drops user properties',
  'ignores no local',
  'ignores subscription identifier',
] as const

export type Fault = (typeof faults)[number]
