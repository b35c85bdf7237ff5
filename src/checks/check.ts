import type { ProtocolVersion } from '../options/connection.ts'
import type { Context } from './context.ts'

/** What a check has found, beside that all is well. */
export interface Findings {
  /** What the broker does, in a few words each. */
  readonly notes?: readonly string[]
  /** What works but wants attention. */
  readonly warnings?: readonly string[]
  /** The same for programs. */
  readonly fields?: Readonly<Record<string, string | number | boolean>>
  /** In place of the time that the whole check took. */
  readonly timeMs?: number
}

/** One thing that a broker has to do: a value, not a class. */
export interface Check {
  /** For --only, --skip and --require. */
  readonly name: string
  /** What is so when it passes, as a sentence without full stop. */
  readonly title: string
  /** Where the specification says it: of MQTT 5, and where that differs of MQTT 3.1.1. */
  readonly clause?: string
  readonly clause3?: string
  /** The first protocol version that has it. */
  readonly since?: ProtocolVersion
  /** Checks without which it makes no sense. */
  readonly needs?: readonly string[]
  /** How many times the time limit it has, where it moves much: mosquitto 2.0.11 sends 40 KB a second by WebSocket. */
  readonly patience?: number
  /** @throws Unsupported, or an error that says what went wrong. */
  run(context: Context): Promise<Findings | undefined>
}

/** The broker does not do what a check asks for, and need not. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
}

/** The broker does not do what it has to. */
export class Failed extends Error {
  override readonly name = 'Failed'
}

/** As the specifications are called. */
export const versionNames = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5' } as const

/** @throws Failed unless it is so. */
export function must(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Failed(otherwise)
}
