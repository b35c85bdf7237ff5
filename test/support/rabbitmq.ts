import { existsSync } from 'node:fs'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'
import type { ServerTls } from './certificates.ts'
import { atEndOfTest } from './clean-up.ts'
import { bareEnvironment } from './environment.ts'
import { freePort } from './free-port.ts'
import { findProgram, startProgram } from './program.ts'
import { temporaryDirectory } from './temporary.ts'
import { type Ports, type Urls, urlsOf } from './urls.ts'

/** What /usr/sbin/rabbitmq-server runs as the user `rabbitmq`, who may not enter the directory. */
const program = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const portMapper = findProgram('epmd')

/** Whether the Debian package is installed. */
export const hasRabbitmq = existsSync(program) && portMapper !== undefined

export interface RabbitmqOptions {
  /** The only one who may connect, unless `anonymous` ones may as well. */
  readonly password?: { readonly username: string; readonly password: string }
  readonly anonymous?: boolean
  /** Adds the listeners `tls` and `wss`. */
  readonly tls?: ServerTls
}

/** Sessions at QoS 1 and retained messages outlive `kill()` and `restart()`. */
export interface Rabbitmq extends BrokerProcess {
  /** Ports of 127.0.0.1; a listener that wasn't asked for has a port where nothing listens. */
  readonly ports: Ports
  readonly urls: Urls
}

/** Starts RabbitMQ with its MQTT plugins on 127.0.0.1; it listens when this resolves, which takes about 10 seconds. */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<Rabbitmq> {
  const { password, anonymous = password === undefined, tls } = options
  const directory = temporaryDirectory()
  const ports = { tcp: await freePort(), tls: await freePort(), ws: await freePort(), wss: await freePort() }
  const lines = [
    'listeners.tcp = none',
    `mqtt.listeners.tcp.1 = 127.0.0.1:${ports.tcp}`,
    'web_mqtt.tcp.ip = 127.0.0.1',
    `web_mqtt.tcp.port = ${ports.ws}`,
    // Where tmqtt and the other brokers have it, not /ws.
    'web_mqtt.ws_path = /mqtt',
    `mqtt.allow_anonymous = ${anonymous}`,
    'log.console = true',
    'log.file = false',
  ]
  if (password !== undefined) {
    lines.push(`default_user = ${password.username}`, `default_pass = ${password.password}`)
    // As whom it lets those in who don't say who they are.
    lines.push(`mqtt.default_user = ${password.username}`, `mqtt.default_pass = ${password.password}`)
  }
  if (tls !== undefined) {
    const files = [`cacertfile = ${tls.cafile}`, `certfile = ${tls.certfile}`, `keyfile = ${tls.keyfile}`]
    lines.push(`mqtt.listeners.ssl.1 = 127.0.0.1:${ports.tls}`, ...files.map((file) => `ssl_options.${file}`))
    lines.push('web_mqtt.ssl.ip = 127.0.0.1', `web_mqtt.ssl.port = ${ports.wss}`)
    lines.push(...files.map((file) => `web_mqtt.ssl.${file}`))
  }
  directory.write('rabbitmq.conf', [...lines, ''].join('\n'))
  directory.write('enabled_plugins', '[rabbitmq_mqtt,rabbitmq_web_mqtt].\n')

  // Each broker has a port mapper of its own, so that it can end with it, and so that node names don't clash.
  const epmd = { HOME: directory.path, ERL_EPMD_ADDRESS: '127.0.0.1', ERL_EPMD_PORT: String(await freePort()) }
  const mapper = startProgram(portMapper ?? 'epmd', ['-d', '-d'], { env: bareEnvironment(epmd) })
  atEndOfTest(mapper.stop)
  await mapper.waitForStderr('entering the main select() loop')

  // It hands the path of its database to a shell without escaping quotes, and TMPDIR may have some.
  const here = '/proc/self/cwd'
  const env = bareEnvironment({
    ...epmd,
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: `${here}/rabbitmq`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${here}/enabled_plugins`,
    RABBITMQ_MNESIA_BASE: `${here}/mnesia`,
    RABBITMQ_LOG_BASE: `${here}/log`,
    RABBITMQ_NODENAME: 'tmqtt@localhost',
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // Replaces the shell by the broker, so that signals reach it.
    RUNNING_UNDER_SYSTEMD: 'true',
  })
  const broker = await startBrokerProcess({
    start: () => startProgram(program, [], { env, cwd: directory.path }),
    output: 'stdout',
    ready: /Server startup complete/,
    limitMs: 45_000,
  })
  const stop = async () => {
    await broker.stop()
    await mapper.stop()
  }
  return {
    ...broker,
    ports,
    urls: urlsOf(ports),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
