/** CONNACK return codes of MQTT 3.1.1 [3.2.2.3]. */
const RETURN_CODES: Readonly<Record<number, string>> = {
  1: 'unacceptable protocol version',
  2: 'identifier rejected',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
}

/** Reason codes [MQTT 5, 2.4]; 128 also stands for a failure in an MQTT 3.1.1 SUBACK. */
const REASON_CODES: Readonly<Record<number, string>> = {
  16: 'No matching subscribers',
  17: 'No subscription existed',
  128: 'Unspecified error',
  129: 'Malformed Packet',
  130: 'Protocol Error',
  131: 'Implementation specific error',
  132: 'Unsupported Protocol Version',
  133: 'Client Identifier not valid',
  134: 'Bad User Name or Password',
  135: 'Not authorized',
  136: 'Server unavailable',
  137: 'Server busy',
  138: 'Banned',
  139: 'Server shutting down',
  140: 'Bad authentication method',
  141: 'Keep Alive timeout',
  142: 'Session taken over',
  143: 'Topic Filter invalid',
  144: 'Topic Name invalid',
  145: 'Packet Identifier in use',
  146: 'Packet Identifier not found',
  147: 'Receive Maximum exceeded',
  148: 'Topic Alias invalid',
  149: 'Packet too large',
  150: 'Message rate too high',
  151: 'Quota exceeded',
  152: 'Administrative action',
  153: 'Payload format invalid',
  154: 'Retain not supported',
  155: 'QoS not supported',
  156: 'Use another server',
  157: 'Server moved',
  158: 'Shared Subscriptions not supported',
  159: 'Connection rate exceeded',
  160: 'Maximum connect time',
  161: 'Subscription Identifiers not supported',
  162: 'Wildcard Subscriptions not supported',
}

/** The specification's name of a reason code, with its number. */
export function reasonName(code: number): string {
  const name = code < 16 ? RETURN_CODES[code] : REASON_CODES[code]
  return `${name ?? 'unknown reason'} (${code})`
}

/** What the user can do about it, if anything is clear; starts with a separator. */
export function adviceFor(code: number): string {
  switch (code) {
    case 1:
    case 132:
      return '; try another protocol version (-V)'
    case 2:
    case 133:
      return '; choose another client identifier (-i)'
    case 4:
    case 134:
      return '; check -u and the password'
    case 5:
    case 135:
      return '; check -u, the password and what the broker allows this user'
    default:
      return ''
  }
}

/** Whether trying again later can help after this CONNACK or DISCONNECT. */
export function isPassing(code: number): boolean {
  return [3, 128, 136, 137, 139, 147, 151, 152, 159, 160].includes(code)
}
