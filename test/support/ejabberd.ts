import { readFileSync } from 'node:fs'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'
import { bareEnvironment } from './environment.ts'
import { freePort } from './free-port.ts'
import { findProgram, startProgram } from './program.ts'
import { temporaryDirectory } from './temporary.ts'

const erlang = findProgram('erl')
const control = findProgram('ejabberdctl')
/** Where its modules are, which only ejabberdctl knows. That itself needs root, and starts a port mapper for all nodes. */
const libraries = control && /^ERL_LIBS='(.+)'$/m.exec(readFileSync(control, 'utf8'))?.[1]

/** Whether the Debian package is installed. */
export const hasEjabberd = erlang !== undefined && libraries !== undefined

/** Retained messages outlive `kill()` and `restart()`, sessions don't. */
export interface Ejabberd extends BrokerProcess {
  /** Ports of 127.0.0.1. */
  readonly ports: { readonly tcp: number; readonly ws: number }
  readonly urls: { readonly tcp: string; readonly ws: string }
}

const [user, host, password] = ['joe', 'localhost', 'p w']
/** The only one who may connect. */
export const ejabberdUser = { username: `${user}@${host}`, password } as const

/** Starts ejabberd with MQTT on 127.0.0.1; it listens when this resolves. Only `ejabberdUser` may connect. */
export async function startEjabberd(): Promise<Ejabberd> {
  const directory = temporaryDirectory()
  const ports = { tcp: await freePort(), ws: await freePort() }
  const config = {
    hosts: [host],
    auth_method: ['internal'],
    listen: [
      { port: ports.tcp, ip: '127.0.0.1', module: 'mod_mqtt' },
      { port: ports.ws, ip: '127.0.0.1', module: 'ejabberd_http', request_handlers: { '/mqtt': 'mod_mqtt' } },
    ],
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
    urls: { tcp: `mqtt://127.0.0.1:${ports.tcp}`, ws: `ws://127.0.0.1:${ports.ws}` },
  }
}
