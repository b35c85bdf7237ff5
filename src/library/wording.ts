import { TmqttError } from '../errors.ts'

/** Options of the command line, as messages from beneath name them, and what they are called here. */
const NAMES: Readonly<Record<string, string>> = {
  '--ack-timeout': 'ackTimeoutMs',
  '--cafile': 'tls.ca',
  '--cert': 'tls.cert',
  '--crl': 'tls.crl',
  '--connect-timeout': 'connectTimeoutMs',
  '--insecure': 'tls.acceptAnyName',
  '--key': 'tls.key',
  '--servername': 'tls.servername',
  '--tls-alpn': 'tls.alpn',
  '--tls-version': 'tls',
  '--ws-header': 'headers',
  '--ws-path': 'url',
  '-h': 'url',
  '-i': 'clientId',
  '-k': 'keepAlive',
  '-q': 'qos',
  '-r': 'retain',
  '-u': 'username',
  '-V': 'protocolVersion',
}

/** A message that names the options of this library in place of those of the command line. */
export function inOwnWords(text: string): string {
  return text.replace(/(?<![\w-])--?[A-Za-z][a-z-]*/g, (option) => NAMES[option] ?? option)
}

/** The same error, in own words. */
export function reworded<T>(error: T): T {
  if (error instanceof TmqttError) error.message = inOwnWords(error.message)
  return error
}
