import { describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { loadCommands } from '../src/commands/index.ts'
import { environment } from '../src/docs/environment.ts'
import { exitStatuses } from '../src/docs/exit-statuses.ts'
import { formats } from '../src/docs/formats.ts'
import { commandHelp, programHelp, topicHelp } from '../src/docs/help.ts'
import { UsageError } from '../src/errors.ts'
import { complete, parse } from '../src/parse.ts'

const commands = await loadCommands()

type Environment = Readonly<Record<string, string | undefined>>

/** The values that a command line comes to. */
async function values(argv: readonly string[], env: Environment = {}): Promise<Readonly<Record<string, unknown>>> {
  const parsed = await parse(argv, env)
  if ('text' in parsed) throw new Error(`a text: ${parsed.text(80)}`)
  return complete(parsed.command, parsed.sources)
}

async function text(...argv: readonly string[]): Promise<string> {
  const parsed = await parse(argv, {})
  if (!('text' in parsed)) throw new Error(`the command ${parsed.command.name}`)
  return parsed.text(60)
}

const [pub, sub] = ['pub', 'sub'].map((name) => commands.find((each) => each.name === name)!)

const names = commands.map(({ name }) => name).join(', ')

describe('parse', () => {
  it.each<[argv: string[], printed: string]>([
    [['--help'], programHelp(commands, 60)],
    [['help'], programHelp(commands, 60)],
    [['help', 'pub'], commandHelp(pub!, 60)],
    [['pub', '--help'], commandHelp(pub!, 60)],
    [['sub', '--help'], commandHelp(sub!, 60)],
    [['sub', '--help', '-q', '9', '-t', 'a/#/b'], commandHelp(sub!, 60)],
    [['help', 'formats'], topicHelp(formats, 60)],
    [['help', 'environment'], topicHelp(environment, 60)],
    [['help', 'exit-codes'], topicHelp([{ heading: 'Exit status', rows: exitStatuses }], 60)],
    [['--version'], `tmqtt ${manifest.version}\n`],
    [['sub', '-t', 'a', '--version'], `tmqtt ${manifest.version}\n`],
  ])('answers %j with a text', async (argv, printed) => {
    expect(await text(...argv)).toBe(printed)
  })

  it('leaves the words behind -- to a command that runs another program', async () => {
    const command = ['./start.sh', '-t', 'x', '--help', '--', '', '-q9']
    expect(await values(['expect', '-t', 'a', '--', ...command])).toMatchObject({ topic: ['a'], command })
    expect(await values(['expect', '-t', 'a', '--payload', '--', '-q', '0'])).toMatchObject({
      payload: '--',
      command: [],
    })
    expect(await values(['expect', '-t', 'a'], { TMQTT_COMMAND: 'x' })).toMatchObject({ command: [] })
    await expect(parse(['expect', '-t', 'a', '--'], {})).rejects.toThrow(new UsageError('-- needs a command behind it'))
    await expect(parse(['expect', '-t', 'a', '--command=x'], {})).rejects.toThrow(/^unknown option --command/)
    await expect(parse(['expect', '-t', 'a', 'x', '--', 'y'], {})).rejects.toThrow(/^'x' is no option/)
    await expect(parse(['sub', '-t', 'a', '--', 'y'], {})).rejects.toThrow(/^'y' is no option/)
  })

  it('takes --help behind an option for its value', async () => {
    expect(await values(['pub', '-t', 'a', '-m', '--help'])).toMatchObject({ message: '--help' })
  })

  it.each<[argv: string[], message: string]>([
    [[], `name a command: ${names}`],
    [['pubb'], `no command 'pubb'; did you mean pub? (commands: ${names})`],
    [['x'], `no command 'x' (commands: ${names})`],
    [[''], `no command '' (commands: ${names})`],
    [['__proto__'], `no command '__proto__' (commands: ${names})`],
    [
      ['help', 'nothing'],
      `no command or topic 'nothing' (commands: ${names}; topics: formats, environment, exit-codes)`,
    ],
    [['formats'], "no command 'formats'; did you mean help formats?"],
    [['-h', 'x'], "-h: name the command first, as in 'tmqtt sub -h'"],
    [['--topic=a', 'sub'], "--topic=a: name the command first, as in 'tmqtt sub --topic=a'"],
  ])('refuses %j: %s', async (argv, message) => {
    await expect(parse(argv, {})).rejects.toThrow(new UsageError(message))
  })

  it.each<[word: string, message: string]>([
    ['--topc=b', 'unknown option --topc; did you mean --topic?'],
    ['--qoss', 'unknown option --qoss; did you mean --qos?'],
    ['--nothing', 'unknown option --nothing'],
    ['--top', 'unknown option --top'],
    ['--no-verbose', 'unknown option --no-verbose; did you mean --verbose?'],
    ['-z', 'unknown option -z'],
    ['-verbose', 'unknown option -verbose; did you mean --verbose?'],
    ['--Verbose', 'unknown option --Verbose; did you mean --verbose?'],
    ['--keepAlive=7', 'unknown option --keepAlive; did you mean --keepalive?'],
    ['--__proto__=x', 'unknown option --__proto__'],
    ['--__proto__', 'unknown option --__proto__'],
    ['--constructor', 'unknown option --constructor'],
    ['--constructor=x', 'unknown option --constructor'],
    ['--toString', 'unknown option --toString'],
    ['--hasOwnProperty=1', 'unknown option --hasOwnProperty'],
    ['--_', 'unknown option --_'],
    ['--_=x', 'unknown option --_'],
    ['-_', 'unknown option -_'],
    ['--$0=x', 'unknown option --$0'],
    ['--a.b=x', 'unknown option --a.b'],
    ['-5', 'unknown option -5'],
  ])('refuses the unknown option %s: %s', async (word, message) => {
    await expect(values(['sub', '-t', 'a', word])).rejects.toThrow(new UsageError(message))
  })

  it.each<[words: string[]]>([[['b']], [['-']], [['--', '-v']], [['--', 'b']], [['']]])(
    'refuses %j, which is no option',
    async (words) => {
      await expect(values(['sub', '-t', 'a', ...words])).rejects.toThrow(
        `'${words.at(-1)}' is no option; quote values that hold blanks, and repeat an option for each value`,
      )
    },
  )

  it('never crashes on words that it does not know', async () => {
    const parts = ['-', '--', '=', '_', '$0', '.', ' ', '\n', '"', "'", '\0', 'no-', 'x', '1', 'é', '😀', '__proto__']
    const words = parts.flatMap((one) => parts.flatMap((two) => parts.map((three) => `-${one}${two}${three}`)))
    for (const word of words) {
      // A value of a letter, as in `-x1`, is none of this.
      if (/^-[xh]/.test(word)) continue
      await expect(values(['sub', '-t', 'a', word]), JSON.stringify(word)).rejects.toThrow(UsageError)
    }
  })

  it.each<[words: string[], message: string]>([
    [['-t'], '-t needs a value: a topic name: 1 to 65,535 bytes, no wildcards (+ or #), no control characters'],
    [['-t', 'a', '-m'], '-m needs a value: text'],
    [['-t', 'a', '--message'], '--message needs a value: text'],
    [['-t', 'a', '-rm'], '-m needs a value: text'],
    [['-t', 'a', '-m', 'x', '--retain=true'], '--retain takes no value'],
    [['-t', 'a', '-m', 'x', '-q', '3'], '-q: expected 0, 1 or 2, got "3"'],
    [['-t', 'a', '-m', 'x', '--qos', '3'], '--qos: expected 0, 1 or 2, got "3"'],
    [['-t', 'a', '-m', 'x', '--keepalive=1'], '--keepalive: expected a whole number from 5 to 65535, got "1"'],
    [['-t', 'a', '-m', 'x', '-f', 'y'], "-m and -f can't be used together"],
    [['-t', 'a', '--message', 'x', '-n'], "--message and -n can't be used together"],
    [
      ['-t', 'a'],
      'nothing to publish: give -m TEXT, -f FILE, -s (standard input), -l or --json (its lines), or -n (empty)',
    ],
    [['-m', 'x'], 'no topic: name one by -t, or in -L'],
    [['-m', 'x', '-L', 'mqtt://h/a/#'], '-L: the topic of a message has no wildcards (+ or #)'],
  ])('refuses pub %j: %s', async (words, message) => {
    await expect(values(['pub', ...words])).rejects.toThrow(new UsageError(message))
  })

  it('wants a topic filter for sub, by -t or in -L', async () => {
    await expect(values(['sub'])).rejects.toThrow(/^nothing to subscribe to/)
    expect((await values(['sub', '-L', 'mqtt://h/a/#'])).url).toMatchObject({ topic: 'a/#' })
  })

  it.each<[words: string[], found: object]>([
    [['-t', 'a'], { topic: ['a'], verbose: false, qos: 0, keepAlive: 60, protocolVersion: undefined }],
    [['-ta'], { topic: ['a'] }],
    [['-t=a'], { topic: ['=a'] }],
    [['--topic', 'a'], { topic: ['a'] }],
    [['--topic=a'], { topic: ['a'] }],
    [['--topic=a=b'], { topic: ['a=b'] }],
    [['-t', 'a', '-t', 'b', '--topic', 'c'], { topic: ['a', 'b', 'c'] }],
    [['-t', '-weird'], { topic: ['-weird'] }],
    [['-t', '--qos=2'], { topic: ['--qos=2'], qos: 0 }],
    [['-t', '--'], { topic: ['--'] }],
    [['-t', '-v'], { topic: ['-v'], verbose: false }],
    [['-vRt', 'x'], { topic: ['x'], verbose: true, noRetained: true }],
    [['-vtx'], { topic: ['x'], verbose: true }],
    [['-t', 'a', '-v', '-v'], { verbose: true }],
    [['-t', 'a', '--no-newline'], { noNewline: true }],
    [['-t', 'a', '-q', '1', '-q2', '--qos=0'], { qos: 0 }],
    [['-t', 'a', '-h', 'x', '--host', 'y'], { host: 'y' }],
    [['-t', 'a', '--keepalive', '7'], { keepAlive: 7 }],
    [['-t', 'a', '--'], { topic: ['a'] }],
    [['-t', 'a', '-i', '007'], { clientId: '007' }],
    [['-t', '1', '-t', '1e3', '-t', '0x10'], { topic: ['1', '1e3', '0x10'] }],
    [['-t', 'true', '-i', 'false', '-F', ''], { topic: ['true'], clientId: 'false', format: '' }],
    [['-t', 'a.b', '-i', '__proto__'], { topic: ['a.b'], clientId: '__proto__' }],
    [['-t', '__proto__', '-t', 'constructor'], { topic: ['__proto__', 'constructor'] }],
    [['-t', 'a', '-x', '60'], { sessionExpiryInterval: 60, protocolVersion: 5 }],
  ])('reads sub %j', async (words, found) => {
    expect(await values(['sub', ...words])).toMatchObject(found)
  })

  it.each([
    '',
    ' ',
    '-',
    '--',
    '-x',
    '=',
    '"x"',
    "'x'",
    '"',
    "'",
    '{"a":"b"}',
    '"only quoted"',
    '\\',
    'a\nb',
    '\n',
    '007',
    '1e3',
    'true',
    'null',
    '[object Object]',
    '__proto__',
    '\0',
    '😀',
  ])('keeps the message %j as it is, however it is given', async (message) => {
    expect((await values(['pub', '-t', 'a', '-m', message])).message).toBe(message)
    expect((await values(['pub', '-t', 'a', `--message=${message}`])).message).toBe(message)
    if (message !== '') expect((await values(['pub', '-t', 'a', `-m${message}`])).message).toBe(message)
  })

  it.each<[words: string[], env: Environment, found: object]>([
    [[], { TMQTT_TOPIC: 'a' }, { topic: ['a'] }],
    [['-t', 'a'], { TMQTT_TOPIC: 'b' }, { topic: ['a'] }],
    [['-t', 'a'], { TMQTT_QOS: '1', TMQTT_HOST: 'e' }, { qos: 1, host: 'e' }],
    [['-t', 'a', '-q', '2'], { TMQTT_QOS: '1' }, { qos: 2 }],
    [['-t', 'a'], { TMQTT_VERBOSE: 'yes' }, { verbose: true }],
    [['-t', 'a'], { TMQTT_VERBOSE: '0' }, { verbose: false }],
    [['-t', 'a'], { TMQTT_QOS: '' }, { qos: 0 }],
    [['-t', 'a'], { TMQTT_CLIENT_ID: '007' }, { clientId: '007' }],
    [['-t', 'a'], { TMQTT_CLIENT_ID: '"quoted"' }, { clientId: '"quoted"' }],
    [['-t', 'a'], { QOS: '1', TMQTT_NOTHING: 'x', __proto__: undefined }, { qos: 0 }],
    [['-t', 'a', '-h', 'h'], { TMQTT_URL: 'mqtt://u:p@e:9/t' }, { host: 'h', url: undefined }],
    [['-t', 'a', '-L', 'mqtt://h'], { TMQTT_HOST: 'e', TMQTT_PORT: '9' }, { host: undefined, port: undefined }],
    [['-L', 'mqtt://h/t'], { TMQTT_TOPIC: 'e' }, { topic: [] }],
    [
      ['-L', 'mqtt://u@h', '-t', 'a'],
      { TMQTT_USERNAME: 'e', TMQTT_WEBSOCKET: '1' },
      { username: undefined, websocket: false },
    ],
    [['-L', 'mqtt://h', '-t', 'a'], { TMQTT_USERNAME: 'e' }, { username: 'e' }],
    [['-t', 'a'], { TMQTT_URL: 'mqtt://e:9' }, { url: { tls: false, websocket: false, host: 'e', port: 9 } }],
    [['-t', 'a', '-V', '5'], { TMQTT_PROTOCOL_VERSION: '311' }, { protocolVersion: 5 }],
    [['-t', 'a'], { TMQTT_SESSION_EXPIRY_INTERVAL: '60' }, { protocolVersion: 5 }],
  ])('reads sub %j with the environment %j', async (words, env, found) => {
    expect(await values(['sub', ...words], env)).toMatchObject(found)
  })

  it.each<[words: string[], env: Environment, message: string]>([
    [[], { TMQTT_QOS: '3' }, 'TMQTT_QOS: expected 0, 1 or 2, got "3"'],
    [[], { TMQTT_VERBOSE: 'on' }, 'TMQTT_VERBOSE: expected true or false, got "on"'],
    [['-x', '60', '-V', '311'], {}, '-x needs MQTT 5, but -V asks for an earlier version'],
    [
      ['--session-expiry-interval=60'],
      { TMQTT_PROTOCOL_VERSION: '311' },
      '--session-expiry-interval needs MQTT 5, but TMQTT_PROTOCOL_VERSION asks for an earlier version',
    ],
    [
      ['-i', 'a'],
      { TMQTT_UNIX: '/s', TMQTT_PROXY: 'socks5h://p' },
      "TMQTT_UNIX and TMQTT_PROXY can't be used together",
    ],
    [['-i', 'a', '-I', 'b'], {}, "-i and -I can't be used together"],
  ])('refuses sub %j with the environment %j: %s', async (words, env, message) => {
    await expect(values(['sub', '-t', 'a', ...words], env)).rejects.toThrow(new UsageError(message))
  })

  it.each<[words: string[], env: Environment]>([
    [['-P', 'hunter2\0'.repeat(9000)], {}],
    [['-L', 'http://joe:hunter2@h'], {}],
    [['--proxy', 'http://joe:hunter2@h'], {}],
    [['--ws-header', 'hunter2'], {}],
    [[], { TMQTT_URL: 'http://joe:hunter2@h' }],
  ])('never prints a secret, given %j', async (words, env) => {
    const message = await values(['sub', '-t', 'a', ...words], env).then(String, (error: Error) => error.message)
    expect(message).toContain('expected')
    expect(message).not.toContain('hunter2')
  })
})
