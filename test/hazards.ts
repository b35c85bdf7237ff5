/** A way in which a client that is made of MQTT.js loses messages, hangs, grows or crashes. */
export interface Hazard {
  /** What would happen. */
  readonly name: string
  /** Where MQTT.js has it, by number, if somebody has said so there. */
  readonly issues?: readonly number[]
  /** What keeps it from happening: either there is no way to it, or something stands in the way. */
  readonly held: { readonly by: 'design' | 'guard'; readonly how: string; readonly where: readonly string[] }
  /** Each fails when that is taken away. */
  readonly tests: readonly (readonly [file: string, title: string])[]
}

const losses: readonly Hazard[] = [
  {
    name: 'a message is acknowledged before it is written',
    issues: [209, 549, 691, 1089, 1423],
    held: {
      by: 'guard',
      how: 'nobody hears of messages from MQTT.js; sub acknowledges a batch behind its write, asking for the next does',
      where: ['src/commands/sub.ts', 'src/mqtt/subscription.ts', 'src/mqtt/connection.ts'],
    },
    tests: [
      ['e2e/output', 'that is full exits with 1 and leaves the message unacknowledged'],
      ['mqtt/subscription', 'acknowledges QoS 1 when the next batch is asked for, not before'],
      ['architecture', 'tells of no message'],
    ],
  },
  {
    name: 'sub -C acknowledges messages of a kept session that it never prints',
    held: {
      by: 'guard',
      how: 'only as many of a batch are acknowledged as were printed, and MQTT 5 is told to send no more at a time',
      where: ['src/commands/sub.ts', 'src/mqtt/subscription.ts'],
    },
    tests: [
      ['commands/sub', 'leaves with -C unacknowledged what it does not print, -V %s'],
      ['commands/sub', 'asks with -C for no more messages at a time than it prints, with MQTT 5'],
      ['mqtt/subscription', 'acknowledges only as many as it is told, and leaves the rest'],
    ],
  },
  {
    name: 'output that waits for its reader is cut off at the end',
    held: {
      by: 'guard',
      how: 'a write is over when the system has taken it, and the process ends behind the last one',
      where: ['src/streams/sink.ts', 'src/main.ts'],
    },
    tests: [
      ['streams/sink', 'waits until the stream has taken the bytes'],
      ['e2e/stubborn', 'have all that was said, however late it is read'],
      ['e2e/output', 'into %s has large payloads whole, many at a time'],
    ],
  },
  {
    name: 'the process runs out of things to wait for, and ends with 0',
    issues: [765, 952],
    held: {
      by: 'guard',
      how: 'the exit status is that of a bug until the run has ended, which waits for every message given',
      where: ['src/main.ts', 'src/mqtt/publisher.ts'],
    },
    tests: [
      ['e2e/crash', 'ends with 70, not 0, where something is never done and nothing is left to wait for'],
      ['mqtt/publisher', 'drains when every PUBACK is in, late and out of order'],
    ],
  },
  {
    name: 'nobody is ever told what became of a message',
    issues: [816, 1401, 1561, 1974],
    held: {
      by: 'guard',
      how: 'a lost connection counts what went at QoS 0, wakes who waits for its socket, and acknowledgements have a limit',
      where: ['src/mqtt/publisher.ts', 'src/mqtt/lane.ts'],
    },
    tests: [
      ['mqtt/publisher', 'says how many messages at QoS 0 may be lost'],
      ['mqtt/publisher', 'goes on at QoS 0 behind what waited for a socket that broke'],
      ['mqtt/publisher', 'gives up when acknowledgements stay out'],
    ],
  },
  {
    name: 'a second cut drops what the first has left to be sent again',
    held: {
      by: 'design',
      how: 'a message is kept by its identifier until it is acknowledged, sent again or not',
      where: ['src/mqtt/publisher.ts'],
    },
    tests: [
      ['mqtt/publisher', 'survives a second cut while it sends again'],
      ['mqtt/publisher', 'survives a second cut with messages left that it has not sent again'],
    ],
  },
  {
    name: 'a packet identifier is used again while its message is in flight',
    issues: [1243, 1372],
    held: {
      by: 'guard',
      how: 'one allocator, which passes over what is taken, for MQTT.js and the publisher',
      where: ['src/mqtt/packet-ids.ts'],
    },
    tests: [
      ['mqtt/packet-ids', 'goes from 65,535 to 1, and past those in use'],
      ['mqtt/publisher', 'reuses no packet identifier that is in flight, also after 65,535'],
    ],
  },
  {
    name: 'the limits that the broker states are ignored',
    held: {
      by: 'guard',
      how: 'the window is no larger than Receive Maximum; QoS, RETAIN, size and alias are looked at before sending',
      where: ['src/mqtt/publisher.ts', 'src/mqtt/connection.ts'],
    },
    tests: [
      [
        'mqtt/cuts',
        'keeps to Receive Maximum $receiveMaximum of the next connection, QoS $qos, session present: $sessionPresent',
      ],
      ['mqtt/publisher', 'fails at once for $name'],
      ['mqtt/cuts', 'rejects only the messages above it, QoS %d'],
      ['mqtt/publisher', 'sends no alias that the broker does not take: %j'],
    ],
  },
  {
    name: 'a subscription that is refused after reconnecting leaves a client that gets nothing',
    issues: [555, 895],
    held: {
      by: 'guard',
      how: 'MQTT.js does not subscribe again; the subscription does, to all its filters, and looks at each code',
      where: ['src/mqtt/subscription.ts', 'src/mqtt/session.ts', 'src/mqtt/connection.ts'],
    },
    tests: [
      ['mqtt/subscription', 'subscribes again when the broker has forgotten the session'],
      ['mqtt/subscription', 'ends for good, by DISCONNECT, when a subscription is refused the second time'],
      ['mqtt/connection', 'names the filter that was refused, also when one looks like a number'],
      ['mqtt/connection', 'asks again for all filters on the next connection, whatever was refused on the last'],
      ['architecture', 'leaves to others what is not its own: %s'],
    ],
  },
  {
    name: 'a message at QoS 2 comes twice, or is sent twice without a word',
    held: {
      by: 'guard',
      how:
        'identifiers are remembered from PUBLISH to PUBREL, as long as the process and the session live; a session ' +
        'that the broker has forgotten makes an exit status of 7; a new process releases what an earlier one left',
      where: ['src/mqtt/subscription.ts', 'src/mqtt/publisher.ts'],
    },
    tests: [
      ['mqtt/subscription', 'delivers a QoS 2 message once, however often it comes before PUBREL'],
      ['mqtt/cuts', 'delivers what waits for the consumer, acknowledges what came again, $way'],
      ['mqtt/subscription', 'answers PUBREL for an identifier that it does not know, MQTT level %d'],
      ['brokers/mosquitto', 'takes a new QoS 2 message where an earlier client has left one half sent, level %d'],
      ['mqtt/cuts', 'goes on after $cut, $way'],
    ],
  },
  {
    name: 'bytes of a line, or of an argument, are changed',
    held: {
      by: 'guard',
      how: 'lines are slices of what was read, cut at LF; an argument that Node has altered is refused',
      where: ['src/streams/lines.ts', 'src/altered-argument.ts', 'src/cli.ts'],
    },
    tests: [
      ['streams/lines', 'finds the same lines however the bytes are cut'],
      ['brokers/scenarios', 'publishes empty lines, a last line without newline, and keeps CR'],
      ['e2e/unreachable', 'exits with 1 before any connection, and is not published as something else'],
    ],
  },
  {
    name: 'a message with a topic alias has no topic',
    issues: [1213],
    held: {
      by: 'guard',
      how: 'the lane keeps the aliases of each connection, and none is taken that was not asked for',
      where: ['src/mqtt/packets.ts', 'src/mqtt/client-options.ts'],
    },
    tests: [
      ['mqtt/subscription', 'puts topics in place of the aliases that it has allowed, on each connection anew'],
      ['mqtt/packets', 'stand for the topic they were set to last'],
      ['mqtt/packets', 'refuses a %s'],
    ],
  },
  {
    name: 'a message that is sent again has no DUP',
    issues: [692],
    held: { by: 'guard', how: 'the publisher sets it on what it has kept', where: ['src/mqtt/publisher.ts'] },
    tests: [['mqtt/cuts', 'sets DUP where the session is present, and clears it where it is gone']],
  },
]

const hangs: readonly Hazard[] = [
  {
    name: 'publishing faster than the socket takes it fills the memory',
    issues: [589, 1401],
    held: {
      by: 'guard',
      how: 'no message goes through MQTT.js; the publisher waits for the socket, and for acknowledgements above 16 MiB',
      where: ['src/mqtt/publisher.ts', 'src/mqtt/lane.ts'],
    },
    tests: [
      ['faults/memory', 'while the broker takes less than pub -l has, at QoS %s'],
      ['mqtt/publisher', 'stops taking messages while the broker reads nothing'],
      ['mqtt/publisher', 'keeps few bytes unacknowledged, however many messages it may'],
      ['architecture', 'is asked for no message, and for an end only behind what was written'],
    ],
  },
  {
    name: 'messages that nobody reads fill the memory',
    held: {
      by: 'guard',
      how: 'the socket is not read while nobody asks for more',
      where: ['src/mqtt/subscription.ts'],
    },
    tests: [
      ['faults/memory', 'while the reader takes less than sub gets, at QoS %d'],
      ['mqtt/subscription', 'stops reading while nobody asks for more, and answers pings meanwhile'],
    ],
  },
  {
    name: 'a broker that waits for us, or sends slowly, is taken for dead',
    issues: [1935, 2026],
    held: {
      by: 'guard',
      how: 'the lane answers the PINGREQ of MQTT.js while it is paused, and at any byte that comes',
      where: ['src/mqtt/lane.ts'],
    },
    tests: [
      ['mqtt/subscription', 'stops reading while nobody asks for more, and answers pings meanwhile'],
      ['mqtt/connection', 'takes any packet for a sign of life'],
      ['mqtt/connection', 'takes a piece of a packet for a sign of life'],
    ],
  },
  {
    name: 'the end waits for a broker that says nothing',
    issues: [710, 1033],
    held: {
      by: 'guard',
      how: 'DISCONNECT is flushed as long as the socket takes something, then the connection is closed after a second',
      where: ['src/mqtt/connection.ts'],
    },
    tests: [
      ['mqtt/connection', 'waits with %s no longer than a second for the broker to close'],
      ['mqtt/connection', 'gives up at its end on a socket that takes nothing'],
      ['e2e/signals', 'says DISCONNECT and exits with 143 after SIGTERM while it waits for SUBACK'],
    ],
  },
  {
    name: 'a connection that is closed before CONNACK is tried for ever, without a word',
    issues: [448, 1247, 1751],
    held: {
      by: 'guard',
      how: 'sockets, TLS and WebSocket are opened without MQTT.js; what ends the first attempt is the reason to exit',
      where: ['src/mqtt/connection.ts', 'src/mqtt/transport.ts'],
    },
    tests: [
      ['mqtt/connection', 'fails when CONNECT is answered by $name'],
      ['e2e/unreachable', 'exits with 3 when the other side hangs up before CONNACK'],
      ['mqtt/transport', 'says what it got in place of a connection: %j'],
    ],
  },
  {
    name: 'a CONNACK that is cut off is waited for for ever',
    held: {
      by: 'guard',
      how: 'a packet that is too short closes the connection, and CONNACK has a limit that is not that of MQTT.js',
      where: ['src/mqtt/control-check.ts', 'src/mqtt/connection.ts'],
    },
    tests: [
      ['mqtt/connection', 'fails when CONNECT is answered by $name'],
      ['mqtt/connection', 'gives up when no CONNACK comes in time'],
    ],
  },
  {
    name: 'behind a packet that cannot be read, reading goes on out of step',
    held: {
      by: 'guard',
      how: 'the lane closes the connection over it, and over any error of MQTT.js',
      where: ['src/mqtt/lane.ts', 'src/mqtt/connection.ts'],
    },
    tests: [
      ['mqtt/lane', 'closes the connection for good over %s'],
      ['mqtt/lane', 'reads nothing of what it has got while paused, behind what is malformed'],
      ['mqtt/lane', 'loses the connection over %s'],
    ],
  },
  {
    name: 'what the specification forbids is taken: topics, identifiers, properties, packets out of place',
    held: {
      by: 'guard',
      how: 'each packet is checked before the data plane or MQTT.js gets it; properties of a message where they are read',
      where: ['src/mqtt/packets.ts', 'src/mqtt/control-check.ts', 'src/mqtt/lane.ts'],
    },
    tests: [
      ['mqtt/packets', 'refuses a %s'],
      ['mqtt/lane', 'closes the connection for good over %s'],
      ['mqtt/lane', 'closes a connection for good on which %s comes before CONNACK'],
      ['mqtt/properties', 'refuses %s'],
    ],
  },
  {
    name: 'memory follows the size that a packet announces',
    held: {
      by: 'guard',
      how: 'a limit is compared with the header, and room is made for what has come',
      where: ['src/mqtt/splitter.ts'],
    },
    tests: [
      ['mqtt/splitter', 'refuses a packet above the size limit by its header, not one that just fits'],
      ['mqtt/splitter', 'takes memory for what has come, not for what was announced'],
    ],
  },
  {
    name: 'clients come back all at once, or against a refusal, or send again one message at a time',
    issues: [561, 1585],
    held: {
      by: 'guard',
      how: 'waits double up to a limit with a random half; refusals that stay end the session; a window is sent at once',
      where: ['src/mqtt/session.ts', 'src/mqtt/reason-codes.ts', 'src/mqtt/publisher.ts'],
    },
    tests: [
      ['mqtt/connection', 'waits between attempts twice as long each time up to a limit, a random half of it less'],
      ['mqtt/connection', 'does not come back after DISCONNECT with 0x%x'],
      ['mqtt/reason-codes', 'is so for a broker that is busy or restarting, never for a refusal that will be repeated'],
      ['mqtt/cuts', 'sets DUP where the session is present, and clears it where it is gone'],
    ],
  },
  {
    name: 'reason codes of MQTT 5 are lost, or taken for what they are not',
    held: {
      by: 'guard',
      how: 'those of CONNACK, SUBACK, UNSUBACK, PUBACK, PUBREC and DISCONNECT become exit status and message',
      where: ['src/mqtt/connection.ts', 'src/mqtt/subscription.ts', 'src/mqtt/publisher.ts'],
    },
    tests: [
      ['mqtt/connection', 'fails with CONNACK code $code of version $protocolVersion'],
      ['mqtt/connection', 'does not come back after DISCONNECT with 0x%x'],
      ['mqtt/publisher', 'counts a $type with a failure as rejected and exits with its code'],
      ['mqtt/publisher', 'tells the reasons of $type apart, and takes all below 0x80 for success'],
      ['brokers/mosquitto-sub-options', 'names the filter that it may not unsubscribe from'],
    ],
  },
]

const crashes: readonly Hazard[] = [
  {
    name: 'an option that cannot be sent is thrown over, or sent as it is',
    held: {
      by: 'guard',
      how: 'the kinds of options refuse it before there is a connection',
      where: ['src/options/kinds.ts', 'src/mqtt/topic.ts'],
    },
    tests: [
      ['options/kinds', '%s refuses $2'],
      ['mqtt/topic', 'refuses %s'],
      ['e2e/unreachable', 'exits with 1 before any connection: $args $topic'],
    ],
  },
  {
    name: 'a packet of the broker brings the process down',
    issues: [2060, 2061, 2062, 2063, 2064, 2065],
    held: {
      by: 'guard',
      how: 'MQTT.js is one in which that is mended, and gets only packets that were checked',
      where: ['src/mqtt/control-check.ts', 'src/mqtt/connection.ts'],
    },
    tests: [
      ['lockfile', 'has MQTT.js of 5.16 or newer, which no packet of a broker brings down any more'],
      ['lockfile', 'has of each package the one version that is asked for'],
      ['mqtt/connection', 'fails when CONNECT is answered by AUTH that nobody has asked for'],
      ['mqtt/lane', 'loses the connection over %s'],
      ['mqtt/lane', 'hands on to MQTT.js neither messages nor their acknowledgements'],
    ],
  },
  {
    name: 'a reader that has gone, or a full disk, is a stack trace',
    held: {
      by: 'guard',
      how: 'the first ends quietly, the second with a message and 1',
      where: ['src/streams/sink.ts', 'src/streams/file-output.ts', 'src/main.ts'],
    },
    tests: [
      ['e2e/signals', 'ends quietly with 0 when its reader has gone and the next message comes'],
      ['e2e/output', 'that is full exits with 1 and leaves the message unacknowledged'],
      ['streams/sink', 'says that the reader has gone at %s'],
      ['e2e/debug', '-d goes on without its reader'],
    ],
  },
  {
    name: 'variables of the environment print the password, redirect the connection, or turn TLS off',
    held: {
      by: 'guard',
      how: 'they are dropped at the start; besides, the bundle has no debug, MQTT.js opens no connection, and TLS verifies',
      where: ['src/main.ts', '.ci/build.mjs', 'src/mqtt/tls-options.ts', 'src/mqtt/transport.ts'],
    },
    tests: [
      ['e2e/password', 'has libraries say nothing with DEBUG, which would hold CONNECT'],
      ['e2e/password', 'never prints a password'],
      ['e2e/tls', 'is not turned off, nor is anybody trusted, by what Node heeds in the environment'],
      ['architecture', 'is loaded by one file, without what connects, reads variables and catches errors'],
    ],
  },
  {
    name: '--insecure trusts everybody, and wss ignores what is asked of TLS',
    held: {
      by: 'guard',
      how: 'only the name goes unchecked; a WebSocket is opened over the same TLS as any connection',
      where: ['src/mqtt/tls-options.ts', 'src/mqtt/transport.ts'],
    },
    tests: [
      ['mqtt/tls-matrix', 'does not trust %s: %s, given %s'],
      ['mqtt/tls-matrix', 'asks for the host as server name, but for an address: %j'],
      ['mqtt/tls-matrix', 'wants to speak the protocol of --tls-alpn, or none with who has none'],
      ['mqtt/tls-matrix', 'does not speak %s, which is all that the broker speaks'],
    ],
  },
  {
    name: 'a URL is read otherwise than written: the password split at its last colon, options behind a question mark',
    held: { by: 'design', how: 'MQTT.js sees no URL', where: ['src/options/url.ts'] },
    tests: [
      ['options/url', 'reads %s'],
      ['architecture', 'is loaded by one file, without what connects, reads variables and catches errors'],
    ],
  },
  {
    name: 'errors vanish in an empty listener, and short identifiers take each other’s session over',
    held: {
      by: 'design',
      how: 'connect of MQTT.js, which has the listener, is not loaded; brokers assign identifiers, or they have 95 random bits',
      where: ['src/mqtt/connection.ts', 'src/mqtt/client-options.ts'],
    },
    tests: [
      ['architecture', 'is loaded by one file, without what connects, reads variables and catches errors'],
      ['mqtt/lane', 'loses the connection over %s'],
      ['mqtt/client-options', 'makes an identifier up for MQTT 3.1, another each time'],
      ['mqtt/client-options', 'given %j uses the client identifier %j'],
    ],
  },
]

/** By what they would cost. */
export const hazards = { losses, hangs, crashes }
