import { atEndOfTest } from './clean-up.ts'
import { bareEnvironment } from './environment.ts'
import { type Environment, findProgram, type Program, startProgram } from './program.ts'

export interface MosquittoClientOptions {
  /** Over a bare environment with an empty HOME. */
  readonly env?: Environment
  /** Written to its stdin, which then ends; without it stdin stays open. */
  readonly input?: string | Uint8Array
}

export const hasMosquittoClients = ['mosquitto_pub', 'mosquitto_sub', 'mosquitto_rr'].every(
  (name) => findProgram(name) !== undefined,
)

export function mosquittoPub(args: readonly string[], options?: MosquittoClientOptions): Program {
  return start('mosquitto_pub', args, options)
}

/** It doesn't tell when it is subscribed (what `-d` prints stays in its buffer): wait for the broker's log. */
export function mosquittoSub(args: readonly string[], options?: MosquittoClientOptions): Program {
  return start('mosquitto_sub', args, options)
}

export function mosquittoRr(args: readonly string[], options?: MosquittoClientOptions): Program {
  return start('mosquitto_rr', args, options)
}

function start(name: string, args: readonly string[], options?: MosquittoClientOptions): Program {
  const program = startProgram(name, args, { ...options, env: bareEnvironment(options?.env) })
  atEndOfTest(program.stop)
  return program
}
