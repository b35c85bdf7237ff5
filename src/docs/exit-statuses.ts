/** What each exit status means: the table of the README and of every page. */
export const exitStatuses: readonly (readonly [status: string, meaning: string])[] = [
  [
    '0',
    'done: everything published was acknowledged, everything received was written; also sub and reply, once subscribed, ended by Ctrl-C, and sub by its reader closing the pipe',
  ],
  [
    '1',
    'wrong usage, or a local failure such as an unreadable file; commands of --exec have failed, or requests were not answered',
  ],
  ['1 to 5', 'the broker refused the connection with this MQTT 3.1.1 return code; 5 is not authorised'],
  ['3', 'the broker cannot be reached: name, TCP, proxy, WebSocket, or no CONNACK in time'],
  [
    '6',
    'what was to be so is not: check, expect, bench (--fail-if, compare, too few clients), retain-clear (messages are still there, or there again), retain diff (the brokers differ)',
  ],
  ['7', 'the connection was lost for good, or acknowledgements are missing at the end'],
  ['8', 'TLS: certificate, host name, handshake'],
  ['19', 'the broker did not answer within the keep alive'],
  ['27', 'the time of -W ran out'],
  ['70', 'a bug in tmqtt'],
  [
    '128 to 162',
    'the broker refused with this MQTT 5 reason code; 128 also for a subscription before MQTT 5, and for a code that MQTT does not have',
  ],
  ['129, 130, 143', 'interrupted by SIGHUP, SIGINT or SIGTERM before the job was done'],
]
