import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { knownAedes } from '../brokers/known-broker.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { bareEnvironment } from '../support/environment.ts'
import { runProgram, startProgram } from '../support/program.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A project of somebody else, with the package installed and nothing besides. */
let project: TemporaryDirectory
beforeAll(() => {
  project = temporaryDirectory()
  mkdirSync(project.file('node_modules/tmqtt'), { recursive: true })
  runProgram('npm', ['pack', '--ignore-scripts', '--pack-destination', project.path], root)
  const tarball = project.file(`tmqtt-${version()}.tgz`)
  runProgram('tar', ['-xzf', tarball, '-C', project.file('node_modules/tmqtt'), '--strip-components=1'])
})

function version(): string {
  return runProgram(process.execPath, ['-p', "require('./package.json').version"], root).trim()
}

const body = `
const client = await connect(process.argv[2])
await subscribe(client, { hello: 1 }, async ({ text }) => {
  console.log(text)
  await client.disconnect()
})
await publish(client, 'hello', 'world', { qos: 1 })
`

describe('the packed library', () => {
  it.each([
    ['import', 'a.mjs', `import { connect, publish, subscribe } from 'tmqtt'\n${body}`],
    [
      'require',
      'a.cjs',
      `const { connect, publish, subscribe } = require('tmqtt')\nvoid (async () => {\n${body}\n})()`,
    ],
  ])('works by %s, without any other package', async (_, name, text) => {
    const { url } = await knownAedes()
    // Libraries beneath would show packets, and the passwords in them.
    const env = bareEnvironment({ DEBUG: '*' })
    const program = startProgram(process.execPath, [project.write(name, text), url], { env })
    atEndOfTest(program.stop)
    expect(await program.exited, program.stderr).toEqual({ code: 0, signal: null })
    expect([program.stdout.toString(), program.stderr]).toEqual(['world\n', ''])
  })

  it('ends a program by the error of a handler, unless it looks after that', async () => {
    const { url } = await knownAedes()
    const failing = body.replace('console.log(text)', "throw new Error('out of ink')")
    const text = `import { connect, publish, subscribe } from 'tmqtt'\n${failing}`
    const program = startProgram(process.execPath, [project.write('failing.mjs', text), url], {
      env: bareEnvironment(),
    })
    atEndOfTest(program.stop)
    expect(await program.exited).toEqual({ code: 1, signal: null })
    expect(program.stderr).toContain('Error: out of ink')
    expect(program.stderr).toContain('failing.mjs')
  })

  it.each([
    ['NodeNext', 'consumer.ts'],
    ['NodeNext', 'consumer.cts'],
    ['Preserve', 'consumer.ts'],
  ])('has declarations that a strict program needs no others with, by %s in %s', (module, name) => {
    const file = project.write(name, consumer)
    const options = {
      target: 'ES2022',
      lib: ['ES2022'],
      module,
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
    }
    project.write('package.json', '{"type":"module"}')
    const config = project.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: [file] }))
    expect(check(config)).toEqual({ status: 0, output: '' })
  })
})

/** Each line after a mark is wrong, and has to be seen as such: else the mark itself is an error. */
const consumer = `
import {
  type Client,
  type ConnectOptions,
  type Message,
  type Subscription,
  RefusedError,
  TmqttError,
  connect,
  publish,
  publishMany,
  subscribe,
} from 'tmqtt'

export async function right(options: ConnectOptions): Promise<number> {
  const client: Client = await connect('mqtts://localhost', { ...options, tls: { ca: ['', new Uint8Array()] } })
  const handler = async ({ topic, payload, text, properties }: Message, filter: string) =>
    [topic.length, payload.byteLength, text, properties.userProperties?.[0]?.[1], filter.length]
  const all: Subscription = await subscribe(client, { 'a/#': 1 }, handler)
  await subscribe(client, { 'b/#': 1, 'c/#': { qos: 2, noLocal: true } }, { 'b/#': handler }, { unmatched: handler })
  const batches = await subscribe(client, { d: 0 })
  for await (const batch of batches) for (const { qos } of batch) if (qos === 2) batches.acknowledge()
  try {
    await publish(client, 'a', new Uint8Array(), { qos: 1, retain: true, properties: { contentType: 'text/plain' } })
  } catch (error) {
    if (error instanceof RefusedError) return error.reasonCode
    if (error instanceof TmqttError) return error.exitCode
  }
  await client.disconnect({ timeoutMs: 5 })
  await using last = client
  return all.granted.size + (await publishMany(last, [{ topic: 'a', payload: 'x', qos: 1 }, [{ topic: 'b', payload: '' }]]))
}

export async function wrong(client: Client): Promise<void> {
  // @ts-expect-error
  await connect('mqtt://localhost', { clientID: 'x' })
  // @ts-expect-error
  await connect('mqtt://localhost', { clientId: undefined })
  // @ts-expect-error
  await publish(client, 'a', 1)
  // @ts-expect-error
  await publish(client, 'a', 'x', { qos: 3 })
  // @ts-expect-error
  await publish({}, 'a', 'x')
  // @ts-expect-error
  await subscribe(client, ['a'])
  // @ts-expect-error
  await subscribe(client, { a: 1 }, { b: () => {} })
  // @ts-expect-error
  await subscribe(client, { a: 1 }, ({ topik }) => topik)
  // @ts-expect-error
  await publishMany(client, [{ topic: 'a' }])
  // @ts-expect-error
  client.clientId = 'x'
}
`

/** Runs the compiler. */
function check(config: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', config], {
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}
