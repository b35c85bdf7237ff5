import { atEndOfFile } from './clean-up.ts'
import { runProgram } from './program.ts'
import { temporaryDirectory } from './temporary.ts'

/** Paths of PEM files. */
export interface KeyPair {
  readonly certfile: string
  readonly keyfile: string
}

/** The files of a TLS listener. */
export interface ServerTls extends KeyPair {
  readonly cafile: string
  /** Refuse clients whose certificate a list in this file has revoked; of mosquitto only. */
  readonly crlfile?: string
  /** Refuse clients without a certificate of `cafile`. */
  readonly requireClientCertificate?: boolean
}

export interface Certificates {
  /** The authority of all below but `selfSigned`. */
  readonly ca: string
  /** An authority that signed nothing here. */
  readonly otherCa: string
  /** For localhost, example.org, 127.0.0.1 and ::1. */
  readonly server: KeyPair
  /** As `server`, but valid for one day of 2020. */
  readonly expired: KeyPair
  /** As `server`, but valid from 2048. */
  readonly notYetValid: KeyPair
  /** As `server`, but the authority has revoked it. */
  readonly revoked: KeyPair
  /** For wrong.example only. */
  readonly wrongHost: KeyPair
  /** For localhost, and none of its addresses. */
  readonly nameOnly: KeyPair
  /** As `server`, but for clients only. */
  readonly wrongPurpose: KeyPair
  /** As `server`, but its own authority. */
  readonly selfSigned: KeyPair
  /** Common name `client`, of `otherCa`. */
  readonly strangeClient: KeyPair
  /** Lists of the certificates that have been revoked: of `ca`, of `otherCa`, and of `ca` in 2020. */
  readonly crl: { readonly ca: string; readonly otherCa: string; readonly outdated: string }
  /** Common name `client`; the second key file is the same key behind a password. */
  readonly client: KeyPair & { readonly encryptedKeyfile: string; readonly password: string }
}

// Everything that the system's own openssl.cnf might say otherwise.
const config = `
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
[ca]
default_ca = this
[this]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = subject
copy_extensions = copy
default_crl_days = 3650
unique_subject = no
[subject]
commonName = supplied
`
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const local = 'DNS:localhost, DNS:example.org, IP:127.0.0.1, IP:::1'

interface Signing {
  /** When it begins and ceases to be valid, as ASN.1 writes it. */
  readonly from?: string
  readonly to?: string
  readonly by?: 'ca' | 'other-ca'
  readonly extension?: string
}

let cached: Promise<Certificates> | undefined

/** Makes them all on the first call, with the `openssl` program; they stay until the end of the test file. */
export function certificates(): Promise<Certificates> {
  cached ??= make()
  return cached
}

async function make(): Promise<Certificates> {
  const directory = temporaryDirectory(atEndOfFile)
  directory.write('openssl.cnf', config)
  directory.write('index.txt', '')
  directory.write('serial', '01')
  const openssl = (...args: string[]) => runProgram('openssl', args, directory.path)
  const request = (name: string, ...args: string[]): KeyPair => {
    const keyfile = `${name}.key`
    openssl('req', '-config', 'openssl.cnf', ...newKey, '-subj', `/CN=${name}`, '-keyout', keyfile, ...args)
    return { certfile: directory.file(`${name}.pem`), keyfile: directory.file(keyfile) }
  }
  const selfSign = (name: string, ...args: string[]) =>
    request(name, '-x509', '-days', '3650', '-out', `${name}.pem`, ...args)
  const authority = (name: string, ...args: string[]) =>
    openssl('ca', '-config', 'openssl.cnf', '-cert', `${name}.pem`, '-keyfile', `${name}.key`, ...args)
  const sign = (name: string, alternativeNames: string, { from, to, by, extension }: Signing = {}) => {
    const extensions = ['-addext', `subjectAltName = ${alternativeNames}`, ...(extension ? ['-addext', extension] : [])]
    const pair = request(name, '-new', '-out', `${name}.csr`, ...extensions)
    const dates = ['-startdate', from ?? '20200101000000Z', '-enddate', to ?? '20491231000000Z']
    authority(by ?? 'ca', '-batch', '-notext', ...dates, '-in', `${name}.csr`, '-out', `${name}.pem`)
    return pair
  }
  const revoke = (name: string, alternativeNames: string) => {
    const pair = sign(name, alternativeNames)
    authority('ca', '-revoke', `${name}.pem`)
    return pair
  }
  const list = (name: string, by: string, ...dates: string[]) => {
    authority(by, '-gencrl', ...dates, '-out', `${name}.pem`)
    return directory.file(`${name}.pem`)
  }

  const ca = selfSign('ca', '-extensions', 'authority')
  const otherCa = selfSign('other-ca', '-extensions', 'authority')
  const client = sign('client', 'DNS:client')
  const password = 'correct horse'
  openssl('pkey', '-in', 'client.key', '-aes256', '-passout', `pass:${password}`, '-out', 'client-encrypted.key')
  const revoked = revoke('revoked', local)
  return {
    ca: ca.certfile,
    otherCa: otherCa.certfile,
    server: sign('server', local),
    expired: sign('expired', local, { to: '20200102000000Z' }),
    notYetValid: sign('not-yet-valid', local, { from: '20480101000000Z' }),
    revoked,
    wrongHost: sign('wrong.example', 'DNS:wrong.example'),
    nameOnly: sign('name-only', 'DNS:localhost'),
    wrongPurpose: sign('wrong-purpose', local, { extension: 'extendedKeyUsage = clientAuth' }),
    selfSigned: selfSign('self-signed', '-addext', `subjectAltName = ${local}`),
    strangeClient: sign('strange-client', 'DNS:client', { by: 'other-ca' }),
    crl: {
      ca: list('ca-crl', 'ca'),
      otherCa: list('other-ca-crl', 'other-ca'),
      outdated: list('outdated-crl', 'ca', '-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200102000000Z'),
    },
    client: { ...client, encryptedKeyfile: directory.file('client-encrypted.key'), password },
  }
}
