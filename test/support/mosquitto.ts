import { watch } from 'node:fs'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'
import type { ServerTls } from './certificates.ts'
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

export interface Mosquitto extends BrokerProcess {
  /** Ports of 127.0.0.1; a listener that wasn't asked for has a port where nothing listens. */
  readonly ports: Ports
  readonly urls: Urls
  /** Path of the Unix socket. */
  readonly unixSocket: string
  /** Writes to disk what `persistence` keeps, which SIGKILL then leaves. */
  save(): Promise<void>
}

/** Starts mosquitto with an open listener on 127.0.0.1 and what the options add; it listens when this resolves. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const directory = temporaryDirectory()
  const ports = { tcp: await freePort(), tls: await freePort(), ws: await freePort(), wss: await freePort() }
  const config = directory.write('mosquitto.conf', configuration(options, ports, directory).join('\n'))
  const env = bareEnvironment({ HOME: directory.path })
  const broker = await startBrokerProcess({
    start: () => startProgram(program ?? 'mosquitto', ['-c', config], { env }),
    output: 'stderr',
    ready: /mosquitto version \S+ running/,
    limitMs: 10_000,
  })
  return {
    ...broker,
    ports,
    urls: urlsOf(ports),
    unixSocket: directory.file('socket'),
    async save() {
      const written = nextWrite(directory, 'mosquitto.db')
      broker.signal('SIGUSR1')
      await written
    },
  }
}

/** Resolves once another file has got this name: it is written beside, and renamed. */
function nextWrite(directory: TemporaryDirectory, name: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(directory.path, (_event, changed) => {
      if (changed !== name) return
      watcher.close()
      resolve()
    })
  })
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
    const { cafile, certfile, keyfile, crlfile, requireClientCertificate = false } = tls
    const files = [`cafile ${cafile}`, `certfile ${certfile}`, `keyfile ${keyfile}`]
    files.push(`require_certificate ${requireClientCertificate}`)
    if (crlfile !== undefined) files.push(`crlfile ${crlfile}`)
    lines.push(`listener ${ports.tls} 127.0.0.1`, ...files)
    if (websocket) lines.push(`listener ${ports.wss} 127.0.0.1`, 'protocol websockets', ...files)
  }
  return [...lines, '']
}
