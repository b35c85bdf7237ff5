import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const canCount = ['perf', 'valgrind'].some((program) => spawnSync(program, ['--version']).status === 0)

describe('the start', () => {
  it.skipIf(!canCount)(
    'takes few more instructions than that of Node',
    () => {
      const { status, stdout } = spawnSync(
        process.execPath,
        ['test/perf/startup.mjs', '--check', '--rounds', '2', '--json'],
        { encoding: 'utf8' },
      )
      const { rows } = JSON.parse(stdout) as {
        rows: { name: string; ratio: number; limit?: number; holds?: boolean }[]
      }
      expect(rows.filter(({ holds }) => holds === false)).toEqual([])
      expect(rows.filter(({ limit }) => limit !== undefined)).toHaveLength(4)
      expect(status).toBe(0)
    },
    240_000,
  )
})
