import { atEndOfTest } from '../support/clean-up.ts'
import { bareEnvironment } from '../support/environment.ts'
import { type Environment, type Program, startProgram } from '../support/program.ts'
import { spawnTmqtt } from '../support/spawn.ts'

/** How to reach a broker, as both programs understand it. */
export interface Address {
  readonly transport: 'tcp' | 'tls' | 'ws'
  readonly port: number
  readonly cafile: string
}

/** A program to publish with and one to subscribe with, which take the same options. */
export interface Clients {
  readonly name: string
  readonly transports: readonly Address['transport'][]
  pub(args: readonly string[], env?: Environment): Program
  sub(args: readonly string[], env?: Environment): Program
}

export const tmqtt: Clients = {
  name: 'tmqtt',
  transports: ['tcp', 'tls', 'ws'],
  pub: (args, env) => spawnTmqtt(['pub', ...args], { ...(env && { env }) }),
  sub: (args, env) => spawnTmqtt(['sub', ...args], { ...(env && { env }) }),
}

/** mosquitto's clients, which have no WebSocket. */
export const mosquitto: Clients = {
  name: 'mosquitto',
  transports: ['tcp', 'tls'],
  pub: (args, env) => start('mosquitto_pub', args, env),
  sub: (args, env) => start('mosquitto_sub', args, env),
}

/** @returns options. */
export function at({ transport, port, cafile }: Address): string[] {
  if (transport === 'tls') return ['-h', 'localhost', '-p', String(port), '--cafile', cafile]
  return ['-h', '127.0.0.1', '-p', String(port), ...(transport === 'ws' ? ['--ws'] : [])]
}

function start(name: string, args: readonly string[], env: Environment | undefined): Program {
  const program = startProgram(name, args, { env: bareEnvironment(env) })
  atEndOfTest(program.stop)
  return program
}
