import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { Findings } from './check.ts'

/** Fewer days than this, and someone should see to a new certificate. */
const SOON_DAYS = 14
const DAY_MS = 86_400_000

/** What there is to say of a connection whose certificate has been verified. */
export function certificateFindings(socket: TLSSocket, nowMs: number): Findings {
  const protocol = socket.getProtocol() ?? 'TLS'
  const cipher = socket.getCipher().name
  const certificate = socket.getPeerCertificate(true)
  if (certificate.subject === undefined) {
    return { notes: [protocol, cipher, 'pre-shared key'], fields: { protocol, cipher } }
  }
  const chain = chainOf(certificate)
  const daysLeft = Math.floor((Date.parse(certificate.valid_to) - nowMs) / DAY_MS)
  const names = certificate.subjectaltname ?? ''
  return {
    notes: [protocol, cipher, `certificate of ${chain.join(', signed by ')}`, names, `${daysLeft} days left`].filter(
      (note) => note !== '',
    ),
    ...(daysLeft < SOON_DAYS ? { warnings: [`the certificate expires in ${daysLeft} days`] } : {}),
    fields: {
      protocol,
      cipher,
      chain: chain.join(' < '),
      names,
      daysLeft,
      notAfter: new Date(certificate.valid_to).toISOString(),
    },
  }
}

/** Common names, from the broker's certificate to the root; that one is its own issuer. */
function chainOf(first: DetailedPeerCertificate): readonly string[] {
  const names: string[] = []
  const seen = new Set<string>()
  for (let each = first; each?.subject !== undefined && !seen.has(each.fingerprint256); each = each.issuerCertificate) {
    seen.add(each.fingerprint256)
    names.push([each.subject.CN ?? each.subject.O ?? 'no name'].flat()[0]!)
  }
  return names
}
