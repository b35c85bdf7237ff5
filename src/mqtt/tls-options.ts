import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { UsageError } from '../errors.ts'
import type { ConnectionValues } from '../options/connection.ts'
import type { Defaults } from './client-options.ts'
import { certificatesIn, revocationListsIn } from './pem.ts'
import { readFile, readSecretFile, unreadable } from './read-file.ts'

/** Loaded where TLS is wanted: a tenth of the time that a short run without takes. */
const require = createRequire(import.meta.url)
const tls = (): typeof import('node:tls') => require('node:tls')
const crypto = (): typeof import('node:crypto') => require('node:crypto')

/** Options that would be void without TLS, while the user takes the connection for safe. */
const NEED_TLS = {
  cert: '--cert',
  crl: '--crl',
  pskIdentity: '--psk-identity',
  tlsVersion: '--tls-version',
  ciphers: '--ciphers',
  tlsAlpn: '--tls-alpn',
  servername: '--servername',
  tlsKeylog: '--tls-keylog',
}

/** Whether the values turn TLS on, not yet heeding --no-tls. */
export function turnsTlsOn(values: ConnectionValues): boolean {
  const { cafile, capath, tlsUseOsCerts, psk, url, port = url?.port } = values
  const trustsSome = cafile !== undefined || capath !== undefined || tlsUseOsCerts || psk !== undefined
  return trustsSome || url?.tls === true || port === 8883
}

/** @throws UsageError for what needs TLS, which is off. */
export function refuseVoidTlsOptions(values: ConnectionValues): void {
  const needsTls = Object.entries(NEED_TLS).find(([key]) => values[key as keyof typeof NEED_TLS] !== undefined)
  if (needsTls === undefined) return
  throw new UsageError(
    `${needsTls[1]} does nothing without TLS; turn it on by --cafile, --capath, --psk, --tls-use-os-certs or -p 8883`,
  )
}

/** @throws UsageError: Node can't load an engine, and neither can OpenSSL 3 as it is built nowadays. */
export function refuseTlsEngines(values: ConnectionValues): void {
  const { keyform, tlsEngine, tlsEngineKpassSha1 } = values
  const name =
    tlsEngine !== undefined
      ? `--tls-engine ${tlsEngine}`
      : keyform === 'engine'
        ? '--keyform engine'
        : tlsEngineKpassSha1 !== undefined
          ? '--tls-engine-kpass-sha1'
          : undefined
  if (name !== undefined) throw new UsageError(`${name}: this build has no TLS engines; --key reads a PEM file`)
}

/**
 * What Node's TLS is to know, but for the socket.
 *
 * @param host to find in the certificate, unless the values name another; undefined when it is still to be looked up.
 * @throws UsageError for files that can't be read or used, naming the option.
 */
export function tlsOptions(
  values: ConnectionValues,
  defaults: Defaults,
  host: string | undefined,
  isUnix: boolean,
): TlsOptions {
  const context = values.psk === undefined ? certificateContext(values, defaults) : pskContext(values, values.psk)
  try {
    tls().createSecureContext(context)
  } catch (error) {
    throw new UsageError(`${blame(error as NodeJS.ErrnoException, values)}: ${(error as Error).message}`, {
      cause: error,
    })
  }
  const servername = values.servername ?? host
  return {
    ...context,
    // A proxy, the environment or an option must not turn this off.
    rejectUnauthorized: true,
    // An address is no name to ask for [RFC 6066, 3].
    ...(servername === undefined || isIP(servername) !== 0 ? {} : { servername }),
    ...(values.servername === undefined ? {} : { host: values.servername }),
    ...(values.insecure || isUnix || values.psk !== undefined ? { checkServerIdentity: () => undefined } : {}),
    ...(values.tlsAlpn === undefined ? {} : { ALPNProtocols: [values.tlsAlpn] }),
  }
}

function certificateContext(values: ConnectionValues, defaults: Defaults): TlsOptions {
  const ciphers = ciphersOf(values)
  return {
    ca: authorities(values, defaults.env),
    ...(values.crl === undefined ? {} : { crl: readLists(values.crl) }),
    minVersion: values.tlsVersion ?? 'TLSv1.2',
    ...(values.cert === undefined ? {} : { cert: readFile('--cert', values.cert) }),
    ...(values.key === undefined ? {} : { key: readSecretFile('--key', values.key, defaults.warn) }),
    ...(defaults.keyPassword === undefined ? {} : { passphrase: defaults.keyPassword }),
    ...(values.keyPassword === undefined ? {} : { passphrase: values.keyPassword }),
    ...(ciphers === undefined ? {} : { ciphers }),
  }
}

/** Node negotiates pre-shared keys up to TLS 1.2. The broker proves itself by the key, and by nothing else. */
function pskContext(values: ConnectionValues, psk: Buffer): TlsOptions {
  const { ciphers = 'aPSK:!eNULL', pskIdentity, tlsVersion } = values
  if (tlsVersion === 'TLSv1.3') throw new UsageError('--psk works with TLS 1.2 only (--tls-version)')
  if (ciphers.split(':').every(isSuite))
    throw new UsageError(`--ciphers ${ciphers}: names no cipher of TLS 1.2 for --psk`)
  return {
    ca: [],
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers,
    pskCallback: () => ({ psk, identity: pskIdentity! }),
  }
}

/** As OpenSSL has it: a list for TLS 1.2 leaves TLS 1.3 as it is. Node would turn TLS 1.3 off. */
function ciphersOf({ ciphers, tlsVersion }: ConnectionValues): string | undefined {
  if (ciphers === undefined || ciphers.split(':').some(isSuite)) return ciphers
  if (tlsVersion === 'TLSv1.3') throw new UsageError(`--ciphers ${ciphers}: names no suite of TLS 1.3 (TLS_…)`)
  return [ciphers, ...tls().DEFAULT_CIPHERS.split(':').filter(isSuite)].join(':')
}

function isSuite(name: string): boolean {
  return name.startsWith('TLS_')
}

/** Which option OpenSSL is unhappy with. */
function blame(error: NodeJS.ErrnoException, values: ConnectionValues): string {
  const text = `${error.code} ${error.message}`
  if (/CRL/.test(text)) return `--crl ${values.crl}`
  if (/cipher/i.test(text)) return `--ciphers ${values.ciphers}`
  if (/KEY_VALUES_MISMATCH/.test(text)) return `--key ${values.key} does not belong to --cert ${values.cert}`
  if (/BAD_DECRYPT|PASSWORD|interrupted or cancelled/i.test(text))
    return `--key ${values.key} needs the right --key-password`
  return `--cert ${values.cert} or --key ${values.key}`
}

/** Whether the private key asks for a password that was not given. */
export function needsKeyPassword(values: ConnectionValues): boolean {
  if (values.key === undefined || values.keyPassword !== undefined || values.noTls || values.psk !== undefined)
    return false
  return /ENCRYPTED/.test(readFile('--key', values.key).toString('latin1'))
}

/**
 * Appends the lines of the NSS key log to a file that only its owner can read, if it is new.
 *
 * @param warn told of the first failure.
 */
export function keyLogTo(path: string, warn: (text: string) => void): (line: Buffer) => void {
  let failed = false
  return (line) => {
    if (failed) return
    try {
      appendFileSync(path, line, { mode: 0o600 })
    } catch (error) {
      failed = true
      warn(`cannot write ${unreadable('--tls-keylog', path, error).message}`)
    }
  }
}

const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** PEM texts of the authorities to trust: the files named, or the system's. Node's own list is the last resort. */
function authorities(values: ConnectionValues, env: Readonly<Record<string, string | undefined>>): string[] {
  const named: string[] = []
  if (values.cafile !== undefined) named.push(...readCertificates('--cafile', values.cafile))
  if (values.capath !== undefined) named.push(...readDirectory(values.capath))
  if (named.length > 0 && !values.tlsUseOsCerts) return named
  return [...named, ...systemCertificates(env)]
}

function systemCertificates(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const files = env.SSL_CERT_FILE === undefined ? SYSTEM_BUNDLES : [env.SSL_CERT_FILE]
  for (const file of files) {
    try {
      const found = certificatesIn(readFileSync(file, 'latin1'))
      if (found.length > 0) return found
    } catch {
      // Not on this system: the next one may be.
    }
  }
  return tls().rootCertificates
}

function readDirectory(path: string): string[] {
  let names: string[]
  try {
    names = readdirSync(path).sort()
  } catch (error) {
    throw unreadable('--capath', path, error)
  }
  const found = names.flatMap((name) => {
    try {
      return certificatesIn(readFileSync(join(path, name), 'latin1'))
    } catch {
      return []
    }
  })
  if (found.length === 0) throw new UsageError(`--capath ${path}: no PEM certificate in any file there`)
  return found
}

function readCertificates(option: string, path: string): string[] {
  const found = certificatesIn(readFile(option, path).toString('latin1'))
  if (found.length === 0) throw new UsageError(`${option} ${path}: no PEM certificate in it`)
  for (const text of found) {
    try {
      ;new (crypto().X509Certificate)(text)
    } catch (error) {
      throw new UsageError(`${option} ${path}: holds a certificate that cannot be read`, { cause: error })
    }
  }
  return found
}

function readLists(path: string): string[] {
  const found = revocationListsIn(readFile('--crl', path).toString('latin1'))
  if (found.length === 0) throw new UsageError(`--crl ${path}: no PEM list of revoked certificates in it`)
  return found
}
