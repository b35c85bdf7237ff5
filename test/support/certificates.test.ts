import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { type Certificates, certificates } from './certificates.ts'
import { atEndOfTest } from './clean-up.ts'

type Identity = 'server' | 'expired' | 'notYetValid' | 'revoked' | 'wrongHost' | 'wrongPurpose' | 'selfSigned'

describe('certificates', () => {
  it.each<[Identity, 'ca' | 'otherCa', string | undefined]>([
    ['server', 'ca', undefined],
    ['server', 'otherCa', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['expired', 'ca', 'CERT_HAS_EXPIRED'],
    ['notYetValid', 'ca', 'CERT_NOT_YET_VALID'],
    ['revoked', 'ca', undefined],
    ['wrongPurpose', 'ca', 'INVALID_PURPOSE'],
    ['wrongHost', 'ca', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['selfSigned', 'ca', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('%s, to a client that trusts %s, is %s', async (identity, authority, code) => {
    expect(await handshake(await certificates(), identity, authority)).toBe(code)
  })

  it('has the client key behind its password', async () => {
    const { client } = await certificates()
    const key = readFileSync(client.encryptedKeyfile)
    const open = createPrivateKey({ key, passphrase: client.password })
    expect(open.equals(createPrivateKey(readFileSync(client.keyfile)))).toBe(true)
    expect(() => createPrivateKey({ key, passphrase: 'wrong' })).toThrow()
  })
})

/** The error code of a handshake with 127.0.0.1, or undefined when it succeeds. */
async function handshake(files: Certificates, identity: Identity, authority: 'ca' | 'otherCa') {
  const { certfile, keyfile } = files[identity]
  const server = createServer({ cert: readFileSync(certfile), key: readFileSync(keyfile) }, (socket) =>
    socket.destroy(),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  atEndOfTest(() => server.close())
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', ca: readFileSync(files[authority]) })
  atEndOfTest(() => socket.destroy())
  return await new Promise<string | undefined>((resolve) => {
    socket.once('secureConnect', () => resolve(undefined))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
}
