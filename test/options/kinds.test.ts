import { describe, expect, it } from 'vitest'
import {
  age,
  directory,
  duration,
  file,
  flag,
  header,
  integer,
  keyValue,
  mqttBinary,
  mqttText,
  oneOf,
  percentage,
  qos,
  separator,
  size,
  textOf,
  topicFilter,
  topicName,
} from '../../src/options/kinds.ts'
import { InvalidValue, type Kind } from '../../src/options/option.ts'

const text = textOf('TEXT', 'text')
const HOUR = 3_600_000
const version = oneOf('VERSION', { '311': 4, '5': 5 }, { mqttv5: 5 })
const port = integer(1, 65_535, 'PORT')
const unbounded = integer(0, Number.MAX_SAFE_INTEGER)
const packetSize = size(64, 268_435_455)

/** Of 65,535 bytes, with characters of two. */
const longest = `${'é'.repeat(32_767)}x`

describe('kinds', () => {
  it.each<[name: string, kind: Kind<unknown>, text: string, value: unknown]>([
    ['text', text, '', ''],
    ['percentage', percentage, '5%', 0.05],
    ['percentage', percentage, '.5%', 0.005],
    ['percentage', percentage, '100%', 1],
    ['text', text, ' a\0b ', ' a\0b '],
    ['mqttText', mqttText, '', ''],
    ['mqttText', mqttText, longest, longest],
    ['mqttBinary', mqttBinary, '', Buffer.alloc(0)],
    ['mqttBinary', mqttBinary, '\0é', Buffer.from([0, 0xc3, 0xa9])],
    ['mqttBinary', mqttBinary, longest, Buffer.from(longest)],
    ['separator', separator, ' ', ' '],
    ['separator', separator, '=>\t', '=>\t'],
    ['flag', flag, 'true', true],
    ['flag', flag, '1', true],
    ['flag', flag, 'YES', true],
    ['flag', flag, 'False', false],
    ['flag', flag, '0', false],
    ['flag', flag, 'no', false],
    ['flag', flag, '', false],
    ['port', port, '1', 1],
    ['port', port, '65535', 65_535],
    ['port', port, '007', 7],
    ['port', port, '+5', 5],
    ['unbounded', unbounded, '9007199254740991', Number.MAX_SAFE_INTEGER],
    ['integer(-3, 3)', integer(-3, 3), '-3', -3],
    ['age', age, '90', 90_000],
    ['age', age, '1.5h', 5_400_000],
    ['age', age, '30d', 2_592_000_000],
    ['age', age, '2w', 1_209_600_000],
    ['age', age, '0', 0],
    ['duration', duration(), '5', 5000],
    ['duration', duration(), '0', 0],
    ['duration', duration(), '0.5', 500],
    ['duration', duration(), '.25', 250],
    ['duration', duration(), '5.', 5000],
    ['duration', duration(), '500ms', 500],
    ['duration', duration(), '1.5ms', 2],
    ['duration', duration(), '10s', 10_000],
    ['duration', duration(), '5m', 300_000],
    ['duration', duration(), '5min', 300_000],
    ['duration', duration(), '2h', 2 * HOUR],
    ['duration', duration(), '2147483647ms', 2 ** 31 - 1],
    ['duration(1)', duration(1), '1ms', 1],
    ['size', packetSize, '64', 64],
    ['size', packetSize, '64k', 65_536],
    ['size', packetSize, '64KB', 65_536],
    ['size', packetSize, '16M', 16 * 1024 ** 2],
    ['size', packetSize, '16MiB', 16 * 1024 ** 2],
    ['size', packetSize, '268435455', 268_435_455],
    ['size(0, 8 GiB)', size(0, 8 * 1024 ** 3), '8g', 8 * 1024 ** 3],
    ['oneOf', version, '311', 4],
    ['oneOf', version, 'mqttv5', 5],
    ['qos', qos, '0', 0],
    ['qos', qos, '2', 2],
    ['topicName', topicName, 'a/b', 'a/b'],
    ['topicName', topicName, '/', '/'],
    ['topicFilter', topicFilter, 'a/+/#', 'a/+/#'],
    ['topicFilter', topicFilter, '$share/group/a/#', '$share/group/a/#'],
    ['keyValue', keyValue, 'a=b', ['a', 'b']],
    ['keyValue', keyValue, 'a=', ['a', '']],
    ['keyValue', keyValue, ' a = b=c ', [' a ', ' b=c ']],
    ['keyValue', keyValue, '__proto__=x', ['__proto__', 'x']],
    ['header', header, 'Authorization: Bearer abc', ['Authorization', 'Bearer abc']],
    ['header', header, 'X-Empty:', ['X-Empty', '']],
    ['header', header, 'a:b:c', ['a', 'b:c']],
    ['file', file, 'a b', 'a b'],
    ['directory', directory, '/', '/'],
  ])('%s reads $2 as $3', (_name, kind, given, value) => {
    expect(kind.parse(given)).toEqual(value)
  })

  it.each<[name: string, kind: Kind<unknown>, text: string]>([
    ['mqttText', mqttText, 'a\0b'],
    ['mqttText', mqttText, `${longest}x`],
    ['mqttBinary', mqttBinary, `${longest}x`],
    ['flag', flag, '2'],
    ['flag', flag, 'on'],
    ['flag', flag, 'yess'],
    ['flag', flag, ' true'],
    ['port', port, '0'],
    ['port', port, '65536'],
    ['port', port, ''],
    ['port', port, ' 1'],
    ['port', port, '1.5'],
    ['port', port, '1e3'],
    ['port', port, '0x10'],
    ['port', port, '१'],
    ['port', port, '--1'],
    ['unbounded', unbounded, '9007199254740993'],
    ['duration', duration(), ''],
    ['duration', duration(), '.'],
    ['duration', duration(), '-1'],
    ['duration', duration(), '1 s'],
    ['duration', duration(), '1d'],
    ['age', age, ''],
    ['age', age, '5y'],
    ['age', age, '-1d'],
    ['age', age, '1 d'],
    ['age', age, 'constructor'],
    ['duration', duration(), '1S'],
    ['duration', duration(), '1e3'],
    ['duration', duration(), '2147483648ms'],
    ['duration', duration(), 'ms'],
    ['duration(1)', duration(1), '0'],
    ['duration(1)', duration(1), '0.0001'],
    ['size', packetSize, '63'],
    ['size', packetSize, '268435456'],
    ['size', packetSize, '256m'],
    ['size', packetSize, '1.5k'],
    ['size', packetSize, '64t'],
    ['size', packetSize, ''],
    ['oneOf', version, '5.0'],
    ['oneOf', version, ''],
    ['oneOf', version, 'constructor'],
    ['oneOf', version, '__proto__'],
    ['qos', qos, '3'],
    ['qos', qos, 'abc'],
    ['qos', qos, ' 1'],
    ['topicName', topicName, ''],
    ['topicName', topicName, 'a/+'],
    ['topicFilter', topicFilter, ''],
    ['topicFilter', topicFilter, 'a/#/b'],
    ['keyValue', keyValue, 'a'],
    ['keyValue', keyValue, '=b'],
    ['keyValue', keyValue, ''],
    ['keyValue', keyValue, 'a=\0'],
    ['keyValue', keyValue, `${longest}x=`],
    ['keyValue', keyValue, `a=${longest}x`],
    ['header', header, 'no colon'],
    ['header', header, ': x'],
    ['header', header, 'a b: x'],
    ['header', header, 'a: x\r\nEvil: y'],
    ['header', header, 'a: \0'],
    ['file', file, ''],
    ['file', file, 'a\0'],
    ['directory', directory, ''],
  ])('%s refuses $2', (_name, kind, given) => {
    expect(() => kind.parse(given)).toThrow(InvalidValue)
  })

  it.each<[expected: string, kind: Kind<unknown>]>([
    ['a whole number from 1 to 65535', port],
    ['a whole number from 0', unbounded],
    ['show or drop', oneOf('WHAT', { show: 1, drop: 2 }, { hide: 2 })],
    ['0, 1 or 2', qos],
    ['only', oneOf('V', { only: 1 })],
    ['a size in bytes such as 4096, 64k or 16M, from 64 to 268435455', packetSize],
    ['a host name', textOf('HOST', 'a host name')],
  ])('says what it expects: %s', (expected, kind) => {
    expect(kind.expected).toBe(expected)
  })

  it('says the least time it takes', () => {
    expect(duration(1).expected).toContain('at least 0.001 s')
    expect(duration().expected).not.toContain('at least')
  })

  it('advertises the words of a choice without their synonyms', () => {
    expect(oneOf('V', { show: 1, drop: 2 }, { hide: 2 }).choices).toEqual(['show', 'drop'])
  })

  it('takes an empty placeholder for a flag only', () => {
    expect(flag.placeholder).toBe('')
    for (const kind of [text, mqttText, mqttBinary, port, duration(), packetSize, version, topicName, keyValue, file]) {
      expect(kind.placeholder).not.toBe('')
    }
  })
})
