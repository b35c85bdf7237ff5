import { describe, expect, it } from 'vitest'
import { runCli } from '../support/run.ts'

describe('pub', () => {
  it('refuses a property that is given twice, before it connects', async () => {
    const type = ['-D', 'publish', 'content-type', 'text/plain']
    const twice = runCli(['pub', '-t', 'a', '-m', 'x', ...type, ...type])
    expect(await twice.exit).toBe(1)
    expect(twice.stderr).toBe('tmqtt pub: the property content-type is given twice (tmqtt pub --help)\n')
  })
})
