import { readFileSync } from 'node:fs'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'
import type { KeyPair } from './certificates.ts'
import { bareEnvironment } from './environment.ts'
import { freePort } from './free-port.ts'
import { findProgram, startProgram } from './program.ts'
import { temporaryDirectory } from './temporary.ts'
import { type Ports, type Urls, urlsOf } from './urls.ts'

const erlang = findProgram('erl')
const control = findProgram('ejabberdctl')
/** Where its modules are, which only ejabberdctl knows. That itself needs root, and starts a port mapper for all nodes. */
const libraries = control && /^ERL_LIBS='(.+)'$/m.exec(readFileSync(control, 'utf8'))?.[1]

/** Whether the Debian package is installed. */
export const hasEjabberd = erlang !== undefined && libraries !== undefined

/** Retained messages outlive `kill()` and `restart()`, sessions don't. */
export interface Ejabberd extends BrokerProcess {
  /** Ports of 127.0.0.1; a listener that wasn't asked for has a port where nothing listens. */
  readonly ports: Ports
  readonly urls: Urls
}

const [user, host, password] = ['joe', 'localhost', 'p w']
/** The only one who may connect. */
export const ejabberdUser = { username: `${user}@${host}`, password } as const

/**
 * Starts ejabberd with MQTT on 127.0.0.1; it listens when this resolves. Only `ejabberdUser` may connect.
 *
 * @param tls adds the listeners `tls` and `wss`.
 */
export async function startEjabberd({ tls }: { readonly tls?: KeyPair } = {}): Promise<Ejabberd> {
  const directory = temporaryDirectory()
  const ports = { tcp: await freePort(), tls: await freePort(), ws: await freePort(), wss: await freePort() }
  const plain = { port: ports.tcp, ip: '127.0.0.1', module: 'mod_mqtt' }
  const web = { port: ports.ws, ip: '127.0.0.1', module: 'ejabberd_http', request_handlers: { '/mqtt': 'mod_mqtt' } }
  const secure = [
    { ...plain, port: ports.tls, tls: true },
    { ...web, port: ports.wss, tls: true },
  ]
  const config = {
    hosts: [host],
    auth_method: ['internal'],
    listen: [plain, web, ...(tls ? secure : [])],
    ...(tls && { certfiles: [tls.certfile, tls.keyfile] }),
    modules: {
      mod_mqtt: { access_publish: { '#': [{ allow: 'all' }] }, access_subscribe: { '#': [{ allow: 'all' }] } },
    },
  }
  // JSON is YAML.
  directory.write('ejabberd.yml', JSON.stringify(config))
  const env = bareEnvironment({
    HOME: directory.path,
    ERL_LIBS: libraries,
    EJABBERD_CONFIG_PATH: 'ejabberd.yml',
    EJABBERD_LOG_PATH: 'ejabberd.log',
  })
  // A node without a name talks to no other, so that it needs no port mapper.
  const register = `Registered = ejabberd_auth:try_register(<<"${user}">>, <<"${host}">>, <<"${password}">>),
    true = lists:member(Registered, [ok, {error, exists}]), io:format("registered~n").`
  const args = ['-noinput', '-mnesia', 'dir', '"spool"', '-s', 'ejabberd', '-eval', register]
  const broker = await startBrokerProcess({
    start: () => startProgram(erlang ?? 'erl', args, { env, cwd: directory.path }),
    output: 'stdout',
    ready: /^registered$/m,
    limitMs: 45_000,
  })
  return {
    ...broker,
    ports,
    urls: urlsOf(ports),
  }
}
