import { describe, expect, it } from 'vitest'
import { startBrokerProcess } from './broker-process.ts'
import { bareEnvironment } from './environment.ts'
import { startProgram } from './program.ts'

describe('startBrokerProcess', () => {
  const startShell = (script: string, limitMs: number) => {
    const start = () => startProgram('sh', ['-c', script], { env: bareEnvironment() })
    return startBrokerProcess({ start, output: 'stdout', ready: /^ready$/m, limitMs })
  }

  it('tells all that was printed by a broker that ends instead of listening', async () => {
    const starting = startShell('echo begin; echo no such setting >&2; exit 1', 10_000)
    await expect(starting).rejects.toThrow('it printed:\nbegin\nno such setting\n')
  })

  it('waits no longer than the limit', async () => {
    await expect(startShell('cat', 10)).rejects.toMatchObject({
      cause: new Error('it did not log /^ready$/m within 10 ms'),
    })
  })

  it('keeps the log of earlier runs', async () => {
    const broker = await startShell('echo ready; cat', 10_000)
    await broker.restart()
    expect(broker.log()).toBe('ready\nready\n')
  })
})
