import { describe, expect, it } from 'vitest'
import { compileTemplate } from '../../src/formatters/template.ts'
import type { PublishProperties } from '../../src/mqtt/properties.ts'
import { bytesOf, type MessageParts, textOf } from './message-of.ts'

const print = (format: string, parts: MessageParts, options = {}) =>
  bytesOf(compileTemplate(format, { newline: false }), parts, options)

const float = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}
const double = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

describe('-F: topic, payload and header', () => {
  const parts: MessageParts = {
    topic: 'tock/1',
    payload: 'hello',
    qos: 2,
    retain: true,
    packetId: 77,
    filter: 'tock/+',
  }

  it.each([
    ['%t', 'tock/1'],
    ['%9t|%-9t|%09t', '   tock/1|tock/1   |   tock/1'],
    ['%2t|%.2t|%6.2t|%-6.2t', 'tock/1|to|    to|to    '],
    ['%p', 'hello'],
    ['%3p|%-3p|%.2p', 'hel|hel|hello'],
    ['%8p|%08p|%-8p|%-08p', '   hello|000hello|hello   |hello   '],
    ['%-p|', 'hello     |'],
    ['% p|%:p', 'hello|hello'],
    ['%q%r|%5q|%05r', '21|2|1'],
    ['%l|%4l|%04l|%-4l|', '5|   5|0005|5   |'],
    ['%m|%5m|%05m|%-5m|', '77|   77|00077|77   |'],
    ['%{filter}|%8{filter}', 'tock/+|  tock/+'],
    ['100%%', '100%'],
  ])('prints %s', (format, printed) => {
    expect(print(format, parts)).toBe(printed)
  })

  it('prints packet identifier 0, no retain and no filter where there is none', () => {
    expect(print('%m %q %r [%{filter}]', { payload: 'x' })).toBe('0 0 0 []')
  })

  it('prints any bytes as they are', () => {
    expect(print('%p', { payload: Buffer.from([0, 0xff, 0x0a]) })).toBe('\0\xff\n')
  })
})

describe('-F: %x and %X', () => {
  const parts: MessageParts = { payload: Buffer.from('mes\xff\x00 !', 'latin1') }

  it.each([
    ['%x', '6d6573ff002021'],
    ['%X', '6D6573FF002021'],
    ['%4x', '6d6573ff'],
    ['%-4x|', '6d6573ff    |'],
    ['%20x', '      6d6573ff002021'],
    ['%020X', '0000006D6573FF002021'],
    ['%-20x|', '6d6573ff002021      |'],
    ['%-x|', '6d6573ff002021       |'],
    ['%.2x', '6d 65 73 ff 00 20 21'],
    ['%.2:X', '6D:65:73:FF:00:20:21'],
    ['%.0:x', '6d6573ff002021'],
    ['%.3-x', '6d6-573-ff0-020-21'],
    ['%.1,x', '6,d,6,5,7,3,f,f,0,0,2,0,2,1'],
    ['%20.2:x', '  :  :  :6d:65:73:ff:00:20:21'],
    ['%.99x', '6d6573ff002021'],
  ])('prints %s', (format, printed) => {
    expect(print(format, parts)).toBe(printed)
  })

  it('prints the padding of an empty payload with its separators', () => {
    expect(print('[%x|%4.2:x|%04X]', {})).toBe('[|  :  :|0000]')
  })
})

describe('-F: %f and %d', () => {
  it.each([
    ['%f', float(21.5), '21.500000'],
    ['%.2f', float(0.1), '0.10'],
    ['%.f', float(2.5), '2'],
    ['%10.1f|', float(-3.25), '      -3.2|'],
    ['%010.1f|', float(-3.25), '-0000003.2|'],
    ['%-10.1f|', float(-3.25), '-3.2      |'],
    ['%f', float(3.4028234663852886e38), '340282346638528859811704183484516925440.000000'],
    ['%f', float(Number.POSITIVE_INFINITY), 'inf'],
    ['%06f', float(Number.NEGATIVE_INFINITY), '  -inf'],
    ['%f', Buffer.from([0, 0, 0xc0, 0x7f]), 'nan'],
    ['%f', Buffer.from([0, 0, 0xc0, 0xff]), '-nan'],
    ['%d', double(1 / 3), '0.333333'],
    ['%.17d', double(0.1), '0.10000000000000001'],
    ['100% done', double(1), '1001.000000one'],
    ['[%f]', double(1), '[]'],
    ['[%d]', float(1), '[]'],
    ['[%9f]', Buffer.alloc(0), '[]'],
  ])('prints %s', (format, payload, printed) => {
    expect(print(format, { payload })).toBe(printed)
  })
})

describe('-F: warnings', () => {
  it.each([
    ['[%f]', '[]', "requested float printing, but non-float data received: 3 bytes on topic 't'"],
    ['[%d]', '[]', "requested double printing, but non-double data received: 3 bytes on topic 't'"],
    ['[%J] %p', '[] {x}', "the payload on topic 't' is not valid JSON, so %J prints nothing for it"],
  ])('%s says what it can not print', (format, printed, warning) => {
    const warnings: string[] = []
    const warn = (text: string) => warnings.push(text)
    expect(bytesOf(compileTemplate(format, { newline: false, warn }), { payload: '{x}' })).toBe(printed)
    expect(warnings).toEqual([warning])
  })

  it('none for what it can', () => {
    const warn = (text: string) => expect.fail(text)
    expect(bytesOf(compileTemplate('%f', { newline: false, warn }), { payload: float(1) })).toBe('1.000000')
    for (const payload of ['', '1']) bytesOf(compileTemplate('%J', { warn }), { payload })
  })
})

describe('-F: properties', () => {
  const properties: PublishProperties = {
    payloadFormatIndicator: 1,
    messageExpiryInterval: 3600,
    topicAlias: 12,
    responseTopic: 'r/ä',
    correlationData: Buffer.from([0x63, 0, 0xff]),
    userProperties: [
      ['k', 'v'],
      ['10', 'x y'],
      ['k', ''],
    ],
    subscriptionIdentifiers: [5, 6],
    contentType: 'text',
  }

  it.each([
    ['%A|%4A|%04A|%-4A|', '12|  12|0012|12  |'],
    ['%C|%6C|%-6C|%.2C|%06C', 'text|  text|text  |te|  text'],
    ['%D|%9D', 'c\0\xff|c\0\xff'],
    ['%E|%06E', '3600|003600'],
    ['%F|%3F', '1|  1'],
    ['%P|%30P', 'k:v 10:x y k:|k:v 10:x y k:'],
    ['%R|%6R|', 'r/\xc3\xa4|  r/\xc3\xa4|'],
    ['%S|%3S', '5|  5'],
  ])('prints %s', (format, printed) => {
    expect(print(format, { properties })).toBe(printed)
  })

  it.each([
    ['[%A|%C|%D|%E|%F|%P|%R|%S]', '[|||||||]'],
    ['[%3A|%3C|%3D|%3E|%3F|%3P|%3R|%3S]', '[   |   ||   |   |||   ]'],
    ['[%03A|%03C|%03E|%03F|%03S|%-3A]', '[000|000|000|000|000|   ]'],
    ['[%3.1C]', '[   ]'],
  ])('prints %s for a message without properties', (format, printed) => {
    expect(print(format, {})).toBe(printed)
  })

  it('prints an expiry beyond 31 bits as mosquitto does', () => {
    expect(print('%E|%013E', { properties: { messageExpiryInterval: 3_000_000_000 } })).toBe(
      '-1294967296|-001294967296',
    )
  })
})

describe('-F on a terminal', () => {
  it('makes control characters of the message visible, but not those of the format', () => {
    const parts: MessageParts = {
      topic: 'a\n\x9b',
      payload: 'p\n\x1b',
      filter: '\x1b',
      properties: {
        contentType: '\t',
        responseTopic: '\r',
        correlationData: Buffer.from([0x0a, 0xff]),
        userProperties: [['\x1b', '\u202e']],
      },
    }
    const format = compileTemplate('\\e[1m%t\\e[m|%9t|%p|%C|%R|%D|%P|%{filter}', { newline: false })
    expect(textOf(format, parts, { terminal: true })).toBe(
      '\x1b[1ma\\n\\u{9b}\x1b[m|     a\\n\\u{9b}|p\n\\e|\\t|\\r|\\n\\xff|\\e:\\u{202e}|\\e',
    )
  })
})
