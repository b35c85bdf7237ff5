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
  /** For wrong.example only. */
  readonly wrongHost: KeyPair
  /** As `server`, but its own authority. */
  readonly selfSigned: KeyPair
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
unique_subject = no
[subject]
commonName = supplied
`
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const local = 'DNS:localhost, DNS:example.org, IP:127.0.0.1, IP:::1'

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
  const sign = (name: string, alternativeNames: string, from = '20200101000000Z', to = '20491231000000Z') => {
    const pair = request(name, '-new', '-out', `${name}.csr`, '-addext', `subjectAltName = ${alternativeNames}`)
    const dates = ['-startdate', from, '-enddate', to]
    const signer = ['-cert', 'ca.pem', '-keyfile', 'ca.key']
    openssl(
      'ca',
      '-config',
      'openssl.cnf',
      '-batch',
      '-notext',
      ...signer,
      ...dates,
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.pem`,
    )
    return pair
  }

  const ca = selfSign('ca', '-extensions', 'authority')
  const otherCa = selfSign('other-ca', '-extensions', 'authority')
  const client = sign('client', 'DNS:client')
  const password = 'correct horse'
  openssl('pkey', '-in', 'client.key', '-aes256', '-passout', `pass:${password}`, '-out', 'client-encrypted.key')
  return {
    ca: ca.certfile,
    otherCa: otherCa.certfile,
    server: sign('server', local),
    expired: sign('expired', local, '20200101000000Z', '20200102000000Z'),
    wrongHost: sign('wrong.example', 'DNS:wrong.example'),
    selfSigned: selfSign('self-signed', '-addext', `subjectAltName = ${local}`),
    client: { ...client, encryptedKeyfile: directory.file('client-encrypted.key'), password },
  }
}
