import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exitStatuses } from '../src/docs/man.ts'

const readme = readFileSync('README.md', 'utf8')

describe('README', () => {
  it('shows the worker as it is', () => {
    expect(readme).toContain(readFileSync('test/programs/worker.sh', 'utf8').trimEnd())
  })

  it('has the exit statuses of the man pages', () => {
    const rows = exitStatuses.map(([status, meaning]) => `| ${status} | ${meaning} |`)
    expect(readme).toContain(`${rows.join('\n')}\n`)
  })
})
