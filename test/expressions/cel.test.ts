import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { compileExpression, type Variables } from '../../src/expressions/cel.ts'

const json = JSON.parse(`{
  "n": 3, "temp": 21.5, "negative": -3, "ok": true, "s": "text", "nothing": null,
  "list": [1, 2, { "deep": "x" }], "words": ["abc", "xyz"], "__proto__": { "x": 1 }
}`)

function variables(payload: unknown = json): Variables {
  return {
    topic: 'order/7/done',
    levels: ['order', '7', 'done'],
    payload,
    text: 'abc',
    size: 3n,
    qos: 1n,
    retain: false,
    properties: { contentType: 'text/plain', userProperty: { room: 'hall' }, correlationData: new Uint8Array([97]) },
  }
}

async function verdict(expression: string, payload?: unknown): Promise<string | undefined> {
  return (await compileExpression(expression, '--where'))(variables(payload))
}

describe('compileExpression', () => {
  it.each([
    'payload.ok',
    'payload.ok == true',
    'payload.n == 3',
    'payload.n == 3.0',
    'payload.n > 2 && payload.n <= 3',
    'payload.temp > 20',
    'payload.temp > payload.n',
    'payload.negative == -3',
    'payload.n in [1, 3]',
    'payload.n + 1 == 4',
    'payload.n + 1.0 == 4',
    'payload.n + 1.0 == 4.0 && 4 != payload.n + 1.5',
    'size == 3.0',
    '1 + payload.n * 2 == 7',
    'payload.n / 2 == 1.5',
    'payload.n % 2 == 1',
    '7 % payload.n == 1.0',
    'payload.n - payload.temp == -18.5',
    'payload.list[0] == 1',
    'payload.list[payload.n - 2] == 2',
    'payload.list[2].deep == "x"',
    'size(payload.list) == 3',
    'payload["n"] == 3',
    'payload.nothing == null',
    'has(payload.n) && !has(payload.other)',
    '!has(payload.toString) && !has(payload.constructor)',
    'payload.__proto__.x == 1',
    'payload.words.exists(each, each.startsWith("a"))',
    'payload.other == 1 || payload.n == 3',
    'payload.ok ? payload.n == 3 : false',
    'topic.startsWith("order/") && levels[1] == "7"',
    'text == "abc" && size == 3 && size < 3.5',
    'qos == 1 && !retain',
    'properties.contentType == "text/plain"',
    'properties.userProperty.room in ["hall", "stairs"]',
    'properties.correlationData == b"a"',
    'string(properties.correlationData) == "a"',
  ])('takes %s for true', async (expression) => {
    expect(await verdict(expression)).toBeUndefined()
  })

  it.each<[expression: string, why: string]>([
    ['payload.n == 4', ''],
    ['payload.n == "3"', ''],
    ['payload.n', 'neither true nor false'],
    ['payload.other == 1', 'no such key: other'],
    ['!(payload.other == 1)', 'no such key: other'],
    ['payload.s.deep == 1', 'no such key: deep'],
    ['levels[5] == "x"', 'no such key: index out of bounds, index 5 >= size 3'],
    ['payload.s > 1', 'no such overload: dyn<string> > int'],
    ['payload.n.matches("3")', "found no matching overload for 'double.matches(string)'"],
    ['properties.responseTopic == "a"', 'no such key: responseTopic'],
  ])('takes %s for false, or for what cannot be told: %s', async (expression, why) => {
    expect(await verdict(expression)).toBe(why)
  })

  it.each(['text', 3, null, true, [1]])('minds no payload: %j', async (payload) => {
    expect(await verdict('payload.n == 3', payload)).toMatch(/^no such (key|overload)|cannot|found no/i)
    expect(await verdict('payload == payload', payload)).toBeUndefined()
  })

  it('minds no JSON that is nested very deep', async () => {
    const payload = JSON.parse(`${'['.repeat(400_000)}${']'.repeat(400_000)}`)
    expect(await verdict('payload == payload', payload)).toMatch(/call stack/)
  })

  it('is not met where the payload cannot be read', async () => {
    const unreadable = Object.defineProperty({ ...variables() }, 'payload', {
      get() {
        throw new Error('the payload is longer')
      },
    })
    expect((await compileExpression('payload == 1', '--where'))(unreadable)).toBe('the payload is longer')
    expect((await compileExpression('qos == 1', '--where'))(unreadable)).toBeUndefined()
  })

  it.each([
    'text.matches("^a")',
    'payload.words.exists(each, each.matches("y"))',
    'payload.words.filter(each, each.matches("^a")).size() == 1',
    'payload.words.map(each, each.matches("^a"), each) == ["abc"]',
    'payload.words.all(each, each.matches("^(abc|xyz)$"))',
    'has(payload.s) && (payload.s.matches("^text$") ? true : false)',
    '[text.matches("b")][0]',
    '{"a": text.matches("b")}.a',
    '!text.matches("B") && text.matches("(?i)B")',
  ])('has matches in linear time in %s', async (expression) => {
    expect(await verdict(expression)).toBeUndefined()
    // RegExp, the package's own, would take it.
    const lookahead = expression.replaceAll('matches("', 'matches("(?=)')
    await expect(verdict(lookahead)).rejects.toThrow(/^--where: .* is no regular expression: .*without back-references/)
  })

  it('takes no exponential time, where backtracking would take for ever', async () => {
    const evaluate = await compileExpression('payload.matches("^(a+)+$")', '--where')
    expect(evaluate(variables(`${'a'.repeat(60_000)}b`))).toBe('')
  })

  it.each<[expression: string, message: string]>([
    ['payload.n = 3', 'is no expression, at character 11: unexpected character: ='],
    ['payload.ok &&', 'is no expression, at character 14: unexpected token: EOF'],
    ['', 'is no expression, at character 1: unexpected token: EOF'],
    ['"abc', 'is no expression, at character 1: unterminated string'],
    ['1 == 1 && payloa.n == 3', 'is no expression, at character 11: unknown variable: payloa'],
    ['topic == 3', 'is no expression, at character 1: no such overload: string == int'],
    ['topic', 'is a string, not true or false'],
    ['size + 1', 'is a int, not true or false'],
    ['text.matches(payload.pattern)', ': matches() takes its pattern in quotes'],
    ['constructor == 1', 'is no expression, at character 1: unknown variable: constructor'],
  ])('refuses %j', async (expression, message) => {
    const space = message.startsWith(':') ? '' : ' '
    const wanted = `--where: '${expression}'${space}${message}`
    await expect(compileExpression(expression, '--where')).rejects.toThrow(new UsageError(wanted))
  })
})
