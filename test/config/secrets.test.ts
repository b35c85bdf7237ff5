import { describe, expect, it } from 'vitest'
import { withSecrets } from '../../src/config/secrets.ts'
import { InterruptedError, UsageError } from '../../src/errors.ts'
import { connectionOptions } from '../../src/options/connection.ts'
import type { SecretReference, Source } from '../../src/options/resolve.ts'
import { temporaryDirectory } from '../support/temporary.ts'

type Texts = Readonly<Record<string, readonly (string | SecretReference)[]>>

function sourceOf(name: string, texts: Texts): Source {
  return { texts: new Map(Object.entries(texts)), nameOf: (key) => `${name} ${key}` }
}

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly patienceMs?: number
  readonly warnings?: string[]
}

async function fetched(sources: readonly Source[], surroundings: Surroundings = {}) {
  const { env = {}, signal = new AbortController().signal, patienceMs, warnings = [] } = surroundings
  const warn = (text: string) => warnings.push(text)
  const all = await withSecrets(connectionOptions, sources, { env, signal }, warn, patienceMs)
  return all.map(({ texts }) => Object.fromEntries(texts))
}

async function password(reference: SecretReference, surroundings?: Surroundings) {
  const [texts] = await fetched([sourceOf('prod', { password: [reference] })], surroundings)
  return texts?.password
}

/** A program that runs this script. */
const node = (script: string) => ({ command: [process.execPath, '-e', script] })

describe('withSecrets', () => {
  it.each([
    ['hunter2', 'hunter2'],
    ['two words\n', 'two words'],
    ['hunter2\r\nsecond line\n', 'hunter2'],
    [' é ', ' é '],
  ])('takes the first line of a file and of what a program prints: %j', async (text, secret) => {
    const file = temporaryDirectory().write('password', text)
    expect(await password({ file })).toEqual([secret])
    expect(await password(node(`process.stdout.write(${JSON.stringify(text)})`))).toEqual([secret])
  })

  it('takes a variable whole', async () => {
    expect(await password({ env: 'P' }, { env: { P: 'a\nb ' } })).toEqual(['a\nb '])
  })

  it('runs a program without a shell, in our environment, with an empty standard input', async () => {
    const script = 'process.stdin.resume().on("end", () => console.log(process.argv[1] + process.env.X))'
    const command = [...node(script).command, '--', '$HOME *']
    expect(await password({ command }, { env: { X: 'x' } })).toEqual(['$HOME *x'])
  })

  it('fetches only what the options come to', async () => {
    const command = ['/no/such/program']
    const low = sourceOf('prod', { password: [{ command }], keyPassword: [{ env: 'K' }], username: [{ env: 'U' }] })
    const high = sourceOf('typed', { password: ['p'], username: ['joe'], key: ['k'] })
    expect(await fetched([high, low], { env: { K: 'k' } })).toEqual([
      { password: ['p'], username: ['joe'], key: ['k'] },
      { password: [{ command }], keyPassword: ['k'], username: [{ env: 'U' }] },
    ])
  })

  it('fetches no password that a URL brings along', async () => {
    const low = sourceOf('prod', { password: [{ command: ['/no/such/program'] }] })
    const texts = await fetched([sourceOf('typed', { url: ['mqtt://joe:p@h'] }), low])
    expect(texts[1]).toEqual(Object.fromEntries(low.texts))
  })

  it('fetches the items of a list one by one, and leaves the other sources as they are', async () => {
    const first = sourceOf('typed', {})
    const profile = sourceOf('prod', { wsHeader: ['A: 1', { env: 'B' }] })
    const joined = { ...sourceOf('file', { host: ['h'] }), joins: first }
    const io = { env: { B: 'B: 2' }, signal: new AbortController().signal }
    const all = await withSecrets(connectionOptions, [first, profile, joined], io, () => {})
    expect([all[0], all[2]]).toEqual([first, joined])
    expect(all[2]!.joins).toBe(all[0])
    expect(all[1]!.texts.get('wsHeader')).toEqual(['A: 1', 'B: 2'])
    expect(all[1]!.nameOf('wsHeader')).toBe('prod wsHeader')
  })

  it.each<[reference: SecretReference, message: string | RegExp]>([
    [{ env: 'P' }, 'prod password: P is not in the environment'],
    [{ env: 'EMPTY' }, 'prod password: EMPTY is not in the environment'],
    [{ file: '/no/such/file' }, 'prod password: /no/such/file: no such file'],
    [{ file: '/' }, 'prod password: /: is a directory'],
    [{ command: ['no-such-program-4711'] }, 'prod password: there is no program no-such-program-4711'],
    [node('console.error("locked\\nreally"); process.exit(3)'), / ended with exit status 3: locked$/],
    [node('process.exit(4)'), / ended with exit status 4$/],
    [node('process.kill(process.pid, "SIGKILL")'), / ended by SIGKILL$/],
    [node(''), / has nothing on its first line$/],
    [node('console.log("\\nsecond")'), / has nothing on its first line$/],
    [node('process.stdout.write(Buffer.from([0xff]))'), /: the first line is not UTF-8$/],
    [node('process.stdout.write("x".repeat(3e6))'), /maxBuffer/],
  ])('refuses %j: %s', async (reference, message) => {
    const error = await password(reference, { env: { EMPTY: '' } }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UsageError)
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).toMatch(/^prod password: /)
  })

  it('refuses an empty file', async () => {
    const file = temporaryDirectory().write('password', '\n')
    await expect(password({ file })).rejects.toThrow(
      new UsageError(`prod password: ${file} has nothing on its first line`),
    )
  })

  it('waits for a program only so long', async () => {
    const stuck = node('setInterval(() => {}, 1000)')
    await expect(password(stuck, { patienceMs: 50 })).rejects.toThrow(/ did not end within 0\.05 s$/)
  })

  it('stops waiting when it is told to', async () => {
    const controller = new AbortController()
    const reason = new InterruptedError('interrupted', 130)
    const waiting = password(node('setInterval(() => {}, 1000)'), { signal: controller.signal })
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  it.skipIf(process.platform === 'win32')('warns of a file that others can read', async () => {
    const warnings: string[] = []
    const file = temporaryDirectory().write('password', 'p', 0o644)
    await password({ file }, { warnings })
    expect(warnings).toEqual([`prod password: other users can read ${file} (chmod 600)`])
  })

  it('runs nothing when another value is wrong', async () => {
    const source = sourceOf('prod', { password: [{ command: ['/no/such/program'] }], port: ['x'] })
    await expect(fetched([source])).rejects.toThrow('prod port: expected a whole number from 0 to 65535, got "x"')
  })
})
