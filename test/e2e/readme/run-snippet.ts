import { mkdirSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { expectSuccess, publishWhatIsAwaited } from './run-line.ts'
import { startWorld } from './world.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** What a part of a program is put into. */
const around = `import { connect, publishMany, subscribe } from 'tmqtt'
const [client, archive] = await Promise.all([connect('mqtt://localhost'), connect('mqtt://localhost')])
`

/** Runs JavaScript as a module of a project that has installed the package, until it has got a message or has ended. */
export async function runSnippet(text: string): Promise<void> {
  await using world = await startWorld(text)
  mkdirSync(world.file('node_modules'))
  symlinkSync(root, world.file('node_modules/tmqtt'), 'dir')
  const isWhole = text.startsWith('import ')
  const program = world.runModule(isWhole ? text : around + text)
  if (isWhole) {
    await expectSuccess(program)
    expect(program.stdout.toString()).toMatch(/\n$/)
    return
  }
  await Promise.race([publishWhatIsAwaited(world.broker), program.exited])
  if (text.includes('archive/')) await world.broker.waitForLog(/Received PUBLISH .*'archive\//)
  else await program.waitForStdout(/./)
}
