/** The certificates of a PEM text, one by one. */
export function certificatesIn(text: string): string[] {
  return blocksIn(text, '(?:TRUSTED |X509 )?CERTIFICATE')
}

/** The lists of revoked certificates in a PEM text, one by one: of several in one text, Node reads the first. */
export function revocationListsIn(text: string): string[] {
  return blocksIn(text, 'X509 CRL')
}

/** @param label an expression. */
function blocksIn(text: string, label: string): string[] {
  return text.match(new RegExp(`-----BEGIN ${label}-----[\\s\\S]*?-----END ${label}-----`, 'g')) ?? []
}
