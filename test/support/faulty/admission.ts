import type { Fault } from './faults.ts'
import type { Limits } from './limits.ts'
import { id } from './properties.ts'
import type { Connect, Version } from './requests.ts'

/** Who may connect, and how. */
export interface Admission {
  readonly versions: readonly Version[]
  /** The only one who may connect. */
  readonly authenticate: { readonly username: string; readonly password: string } | undefined
  readonly limits: Limits
  readonly fault: Fault | undefined
}

/** Return code of MQTT 3 and reason code of MQTT 5 for the CONNACK; MQTT 3 doesn't have all. */
const codes = {
  version: [0x01, 0x84],
  clientId: [0x02, 0x85],
  credentials: [0x04, 0x86],
  authenticationMethod: [undefined, 0x8c],
  retain: [undefined, 0x9a],
  qos: [undefined, 0x9b],
} as const

export type Refusal = keyof typeof codes

/** Undefined where the connection is just to be closed. */
export function refusalCode(refusal: Refusal, version: Version): number | undefined {
  return codes[refusal][version === 5 ? 1 : 0]
}

/** The version to speak with a client of this protocol level, and whether it is the client's. */
export function versionFor(level: number, versions: readonly Version[]): { version: Version; known: boolean } {
  const known = versions.find((version) => version === level)
  // A broker that doesn't know MQTT 5 answers in the words of 3.1.1.
  return { version: known ?? (level >= 5 && versions.includes(5) ? 5 : 4), known: known !== undefined }
}

export function refusalOf(connect: Connect, version: Version, admission: Admission): Refusal | undefined {
  const { clientId, cleanStart, will, username, password, properties } = connect
  const { authenticate, limits, fault } = admission
  const mayBeEmpty = version === 5 || (version === 4 && cleanStart)
  if (clientId === '' && (!mayBeEmpty || fault === 'refuses empty client id')) return 'clientId'
  if (properties.some((property) => property.id === id.authenticationMethod)) return 'authenticationMethod'
  if (authenticate && (username !== authenticate.username || password !== authenticate.password)) return 'credentials'
  if (will?.retain && !limits.retainAvailable) return 'retain'
  if (will && will.qos > limits.maximumQoS) return 'qos'
  return undefined
}
