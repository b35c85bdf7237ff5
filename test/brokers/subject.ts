import type { Urls } from '../support/urls.ts'
import type { KnownBroker } from './known-broker.ts'
import { type Limits, type Transport, transports, type Version, versions } from './limits.ts'

/** A broker for the scenarios. */
export interface Subject {
  readonly limits: Limits
  /** Over plain TCP; the URL has the credentials that everybody needs. */
  readonly start: () => Promise<KnownBroker>
  /** URLs of other listeners, in the same way; those with TLS have the certificate of `certificates()`. */
  readonly listeners: () => Promise<Partial<Urls>>
  /** Who may connect to the URL of `guarded`, which has no credentials. */
  readonly user: { readonly username: string; readonly password: string }
  readonly guarded: () => Promise<string>
  /** Who says no user name may connect there as well. */
  readonly isOpen?: boolean
}

export function versionsOf({ versions: refused = {} }: Limits): readonly Version[] {
  return versions.filter((version) => refused[version] === undefined)
}

export function transportsOf({ transports: missing = {} }: Limits): readonly Transport[] {
  return transports.filter((transport) => missing[transport] === undefined)
}
