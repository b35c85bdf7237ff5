/** Exit codes. They keep mosquitto's numbers where its clients have one. */
export const ExitCode = {
  ok: 0,
  usage: 1,
  unreachable: 3,
  checkFailed: 6,
  connectionLost: 7,
  tls: 8,
  keepAlive: 19,
  timedOut: 27,
  bug: 70,
  sighup: 129,
  sigint: 130,
  sigterm: 143,
} as const

/** A failure the user can act on: printed as one line by `cli.ts`, and its exit code with it. */
export class TmqttError extends Error {
  override readonly name: string = 'TmqttError'
  readonly exitCode: number

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** The command line, the environment or a file of settings asks for something that can't be done. */
export class UsageError extends TmqttError {
  override readonly name = 'UsageError'
  constructor(message: string, options?: ErrorOptions) {
    super(message, ExitCode.usage, options)
  }
}

/** A local file or stream can't be read or written. */
export class LocalError extends TmqttError {
  override readonly name = 'LocalError'
  constructor(message: string, options?: ErrorOptions) {
    super(message, ExitCode.usage, options)
  }
}

/** No connection: name, TCP, proxy, WebSocket, or no CONNACK in time. */
export class UnreachableError extends TmqttError {
  override readonly name = 'UnreachableError'
  constructor(message: string, options?: ErrorOptions) {
    super(message, ExitCode.unreachable, options)
  }
}

/** The broker closed the connection in place of CONNACK. */
export class HungUpError extends UnreachableError {}

/** Certificate, host name or handshake. */
export class TlsError extends TmqttError {
  override readonly name = 'TlsError'
  constructor(message: string, options?: ErrorOptions) {
    super(message, ExitCode.tls, options)
  }
}

/** The broker refused: CONNACK, SUBACK, PUBACK, PUBREC or DISCONNECT with a failure. Exits with the reason code. */
export class RefusedError extends TmqttError {
  override readonly name = 'RefusedError'
  /** [MQTT 5, 2.4]; before MQTT 5 the return code of CONNACK, or 128. */
  readonly reasonCode: number

  constructor(message: string, reasonCode: number, exitCode = refusalExitCode(reasonCode), options?: ErrorOptions) {
    super(message, exitCode, options)
    this.reasonCode = reasonCode
  }
}

/** A code that no version of MQTT has must not pass for another exit status. */
function refusalExitCode(reasonCode: number): number {
  const isDefined = (reasonCode >= 1 && reasonCode <= 5) || (reasonCode >= 128 && reasonCode <= 162)
  return isDefined ? reasonCode : UNSPECIFIED_ERROR
}

const UNSPECIFIED_ERROR = 128

/** The connection was lost for good, or acknowledgements are missing at the end. */
export class ConnectionLostError extends TmqttError {
  override readonly name = 'ConnectionLostError'
  constructor(message: string, options?: ErrorOptions) {
    super(message, ExitCode.connectionLost, options)
  }
}

/** The user stopped a job before it was done. */
export class InterruptedError extends TmqttError {
  override readonly name = 'InterruptedError'
}
