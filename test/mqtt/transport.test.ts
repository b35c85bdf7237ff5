import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { openTransport } from '../../src/mqtt/transport.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'

const { signal } = new AbortController()

describe('openTransport with -A', () => {
  // Elsewhere this machine has 127.0.0.1 only.
  it.skipIf(process.platform !== 'linux').each([
    ['127.0.0.2', '127.0.0.1', '127.0.0.2'],
    ['127.0.0.2', 'localhost', '127.0.0.2'],
    ['localhost', '127.0.0.1', '127.0.0.1'],
  ])('connects from %s to %s: from the address %s', async (bindAddress, host, from) => {
    const broker = await startScriptedBroker()
    const socket = await openTransport({ host, port: broker.port, bindAddress }, signal)
    atEndOfTest(() => socket.destroy())
    expect((await broker.connection()).socket.remoteAddress).toBe(from)
  })

  it.each([
    ['192.0.2.1', 'no such local address (-A)'],
    ['nowhere.invalid', 'no local address named nowhere.invalid (-A)'],
  ])('names %s, which is not of this machine', async (bindAddress, message) => {
    const { port } = await startScriptedBroker()
    const opening = openTransport({ host: '127.0.0.1', port, bindAddress }, signal)
    await expect(opening).rejects.toMatchObject({
      exitCode: ExitCode.unreachable,
      message: expect.stringContaining(message),
    })
  })
})
