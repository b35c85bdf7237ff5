import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { allChecks } from '../../src/checks/index.ts'
import { checked } from '../checks/checked.ts'
import { matrix, matrixTable, whereabouts } from './check-matrix.ts'

describe('check', () => {
  for (const { title, isInstalled, start, exceptions } of matrix) {
    it.skipIf(!isInstalled)(
      `finds in ${title} just what is known of it`,
      async () => {
        const { exit, rows } = await checked(['-L', await start()])
        const odd = rows.filter(({ status }) => status !== 'passed')
        expect(odd.map(({ name, status }) => `${name}: ${status}`).sort()).toEqual(
          Object.entries(exceptions)
            .map(([name, { status }]) => `${name}: ${status}`)
            .sort(),
        )
        for (const { name, message } of odd) expect(message).toMatch(exceptions[name]!.why)
        const names = allChecks.map(({ name }) => name).filter((name) => !whereabouts.includes(name))
        expect(rows.map(({ name }) => name).sort()).toEqual(names.sort())
        expect(exit).toBe(odd.some(({ status }) => status === 'failed') ? 6 : 0)
      },
      90_000,
    )
  }

  it('has the matrix of the README (npm run man writes it)', async () => {
    const readme = readFileSync('README.md', 'utf8')
    const [before, rest] = readme.split('<!-- matrix -->\n')
    const after = rest!.slice(rest!.indexOf('<!-- end of matrix -->'))
    const text = `${before}<!-- matrix -->\n${matrixTable()}${after}`
    await expect(text).toMatchFileSnapshot('../../README.md')
  })
})
