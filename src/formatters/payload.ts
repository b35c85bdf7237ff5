import type { Formatter } from './formatter.ts'

const LF = 0x0a

/** The payload as it is, with a line end unless `newline` is false; nothing at all for an empty payload. */
export function payloadFormatter({ newline }: { readonly newline: boolean }): Formatter {
  return (message, out) => {
    if (message.payloadLength === 0) return
    out.payload(message)
    if (newline) out.byte(LF)
  }
}
