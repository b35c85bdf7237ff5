import type { ServerTls } from './certificates.ts'
import { atEndOfTest } from './clean-up.ts'
import type { Wanted } from './collected.ts'
import { bareEnvironment } from './environment.ts'
import { freePort } from './free-port.ts'
import { findProgram, runProgram, startProgram } from './program.ts'
import { type TemporaryDirectory, temporaryDirectory } from './temporary.ts'
import { type Ports, type Urls, urlsOf } from './urls.ts'

const program = findProgram('mosquitto')

/** Whether the broker is installed, not only its clients. */
export const hasMosquitto = program !== undefined && findProgram('mosquitto_passwd') !== undefined

export interface MosquittoOptions {
  /** The only one who may connect. */
  readonly password?: { readonly username: string; readonly password: string }
  /** Text of an ACL file. */
  readonly acl?: string
  /** Adds the listeners `tls` and, with `websocket`, `wss`. */
  readonly tls?: ServerTls
  /** Adds the listener `ws`. */
  readonly websocket?: boolean
  /** Adds the listener `unix`. */
  readonly unixSocket?: boolean
  /** Keeps sessions and retained messages over `kill()` and `restart()`. */
  readonly persistence?: boolean
  /** Logs connections and subscriptions (`c1 0 t`: client, QoS, filter), not every packet: for many messages. */
  readonly quiet?: boolean
  /** More lines of mosquitto.conf: global settings, and settings of the plain listener. */
  readonly config?: readonly string[]
}

export interface Mosquitto extends AsyncDisposable {
  /** Ports of 127.0.0.1; a listener that wasn't asked for has a port where nothing listens. */
  readonly ports: Ports
  readonly urls: Urls
  /** Path of the Unix socket. */
  readonly unixSocket: string
  /** Everything logged so far, by all runs. */
  log(): string
  /** Resolves once the log of the present run has it: `/Sending SUBACK to c1/`. */
  waitForLog(wanted: Wanted): Promise<string>
  /** By default SIGTERM. Resolves when the process is gone. SIGKILL loses what persistence hasn't saved. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same ports, after SIGTERM if it still runs. */
  restart(): Promise<void>
  /** Stops answering, with all connections open. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/** Starts mosquitto with an open listener on 127.0.0.1 and what the options add; it listens when this resolves. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const directory = temporaryDirectory()
  const ports = { tcp: await freePort(), tls: await freePort(), ws: await freePort(), wss: await freePort() }
  const config = directory.write('mosquitto.conf', configuration(options, ports, directory).join('\n'))
  const env = bareEnvironment({ HOME: directory.path })
  const start = () => startProgram(program ?? 'mosquitto', ['-c', config], { env })

  let current = start()
  let earlierLog = ''
  const ready = () => current.waitForStderr(/mosquitto version \S+ running/)
  const kill = async (signal: NodeJS.Signals = 'SIGTERM') => {
    current.kill(signal)
    await current.exited
  }
  const stop = () => current.stop()
  atEndOfTest(stop)
  await ready()
  return {
    ports,
    urls: urlsOf(ports),
    unixSocket: directory.file('socket'),
    log: () => earlierLog + current.stderr,
    waitForLog: (wanted) => current.waitForStderr(wanted),
    kill,
    async restart() {
      await kill()
      earlierLog += current.stderr
      current = start()
      await ready()
    },
    pause: () => current.kill('SIGSTOP'),
    resume: () => current.kill('SIGCONT'),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function configuration(options: MosquittoOptions, ports: Mosquitto['ports'], directory: TemporaryDirectory): string[] {
  const { password, acl, tls, websocket, unixSocket, persistence, quiet } = options
  // Started by root it would become the user `mosquitto`, who may not enter the directory.
  const lines = [
    'user root',
    'set_tcp_nodelay true',
    'max_queued_messages 0',
    `allow_anonymous ${password === undefined}`,
  ]
  const logged = quiet ? ['error', 'warning', 'notice', 'information', 'subscribe'] : ['all']
  lines.push(...logged.map((type) => `log_type ${type}`))
  if (password !== undefined) {
    const file = directory.file('passwords')
    runProgram('mosquitto_passwd', ['-c', '-b', file, password.username, password.password])
    lines.push(`password_file ${file}`)
  }
  if (acl !== undefined) lines.push(`acl_file ${directory.write('acl', acl)}`)
  if (persistence) lines.push('persistence true', `persistence_location ${directory.path}/`)
  lines.push(`listener ${ports.tcp} 127.0.0.1`, ...(options.config ?? []))
  if (websocket) lines.push(`listener ${ports.ws} 127.0.0.1`, 'protocol websockets')
  if (unixSocket) lines.push(`listener 0 ${directory.file('socket')}`)
  if (tls !== undefined) {
    const { cafile, certfile, keyfile, requireClientCertificate = false } = tls
    const files = [`cafile ${cafile}`, `certfile ${certfile}`, `keyfile ${keyfile}`]
    files.push(`require_certificate ${requireClientCertificate}`)
    lines.push(`listener ${ports.tls} 127.0.0.1`, ...files)
    if (websocket) lines.push(`listener ${ports.wss} 127.0.0.1`, 'protocol websockets', ...files)
  }
  return [...lines, '']
}
