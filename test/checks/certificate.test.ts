import type { TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { certificateFindings } from '../../src/checks/certificate.ts'

const ca = { subject: { CN: 'ca' }, fingerprint256: 'B', valid_to: 'Jan 1 00:00:00 2040 GMT' }
const signed = {
  subject: { CN: 'broker' },
  fingerprint256: 'A',
  subjectaltname: 'DNS:broker',
  valid_to: 'Jan 15 00:00:00 2030 GMT',
  // The root is its own issuer.
  issuerCertificate: Object.assign(ca, { issuerCertificate: ca }),
}

function findings(certificate: object, now: string) {
  const socket = {
    getProtocol: () => 'TLSv1.3',
    getCipher: () => ({ name: 'TLS_AES_256_GCM_SHA384' }),
    getPeerCertificate: () => certificate,
  }
  return certificateFindings(socket as unknown as TLSSocket, Date.parse(now))
}

describe('certificateFindings', () => {
  it('tells protocol, cipher, chain, names and days left', () => {
    const { notes, warnings, fields } = findings(signed, '2030-01-01T00:00:00Z')
    const chain = 'certificate of broker, signed by ca'
    expect(notes).toEqual(['TLSv1.3', 'TLS_AES_256_GCM_SHA384', chain, 'DNS:broker', '14 days left'])
    expect(warnings).toBeUndefined()
    expect(fields).toMatchObject({ chain: 'broker < ca', daysLeft: 14, notAfter: '2030-01-15T00:00:00.000Z' })
  })

  it('warns when there are less than 14 days left', () => {
    const { warnings } = findings(signed, '2030-01-01T00:00:01Z')
    expect(warnings).toEqual(['the certificate expires in 13 days'])
  })

  it('knows that a pre-shared key needs none', () => {
    expect(findings({}, '2030-01-01T00:00:00Z').notes?.at(-1)).toBe('pre-shared key')
  })
})
