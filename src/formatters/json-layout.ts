import type { Message } from '../mqtt/message.ts'
import type { OutputBuffer } from './output-buffer.ts'

const TAB = 0x09
const LF = 0x0a
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const ARRAY = 0x5b
const BACKSLASH = 0x5c
const END_OF_ARRAY = 0x5d
const OBJECT = 0x7b
const END_OF_OBJECT = 0x7d

/** Lays out the JSON that a formatter, or a part of one, writes. */
export function inLines<Rest extends readonly unknown[]>(
  write: (message: Message, out: OutputBuffer, ...rest: Rest) => void,
): typeof write {
  return (message, out, ...rest) => {
    const before = out.length
    write(message, out, ...rest)
    layOutJson(out, out.takeBack(before))
  }
}

/** Writes valid JSON without blanks as cJSON lays it out: a line for each member of an object, arrays on one line. */
function layOutJson(out: OutputBuffer, json: Buffer): void {
  /** The arrays and objects around: whether each is an object. */
  const around: boolean[] = []
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!
    switch (byte) {
      case QUOTE: {
        const start = at
        for (at++; json[at] !== QUOTE; at++) if (json[at] === BACKSLASH) at++
        out.bytes(json, start, at + 1)
        break
      }
      case OBJECT:
        out.byte(byte)
        around.push(true)
        out.byte(LF)
        if (json[at + 1] !== END_OF_OBJECT) out.fill(TAB, around.length)
        break
      case END_OF_OBJECT:
        if (json[at - 1] !== OBJECT) out.byte(LF)
        around.pop()
        out.fill(TAB, around.length)
        out.byte(byte)
        break
      case ARRAY:
        out.byte(byte)
        around.push(false)
        break
      case END_OF_ARRAY:
        out.byte(byte)
        around.pop()
        break
      case COMMA:
        out.byte(byte)
        if (around.at(-1)) {
          out.byte(LF)
          out.fill(TAB, around.length)
        } else {
          out.byte(SPACE)
        }
        break
      case COLON:
        out.byte(byte)
        out.byte(TAB)
        break
      default:
        out.byte(byte)
    }
  }
}
