import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readPlainYaml } from './support/plain-yaml.ts'

interface Job {
  readonly needs?: readonly string[]
  readonly container?: string
  readonly 'timeout-minutes': number
  readonly strategy?: { readonly matrix: { readonly node?: readonly string[] } }
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[]
}

const folder = '.github/workflows'
const workflows = readdirSync(folder).map((name) => {
  const { jobs } = readPlainYaml(readFileSync(`${folder}/${name}`, 'utf8')) as {
    readonly jobs: Readonly<Record<string, Job>>
  }
  return { name, jobs }
})
const { engines, scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly engines: { readonly node: string }
  readonly scripts: Readonly<Record<string, string>>
}

describe.each(workflows)('$name', ({ jobs }) => {
  const steps = Object.values(jobs).flatMap((job) => job.steps)

  it('takes actions by their major version', () => {
    for (const { uses, run } of steps)
      expect(uses ?? `no action: ${run}`).toMatch(/^(actions\/[\w-]+@v\d+$|no action: \S)/)
  })

  it('runs what there is', () => {
    const commands = steps.flatMap(({ run }) => run ?? [])
    expect(commands.length).toBeGreaterThan(1)
    for (const command of commands) {
      const [, script] = /^npm (?:run )?(?!ci )(\S+)/.exec(command) ?? []
      if (script !== undefined) expect(scripts).toHaveProperty(script)
      const paths = command.split(' ').filter((word) => /^(\.ci|test)\//.test(word))
      expect(paths.filter((path) => !existsSync(path))).toEqual([])
    }
  })

  it('runs everything, in a time that has a limit', () => {
    expect(Object.values(jobs).filter(({ steps }) => steps.some(({ run }) => run === '.ci/run'))).toHaveLength(1)
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0)
  })

  it('waits for jobs that there are', () => {
    expect(Object.values(jobs).flatMap(({ needs = [] }) => needs.filter((name) => !(name in jobs)))).toEqual([])
  })
})

describe('CI', () => {
  it('begins with the oldest Node that is supported', () => {
    const { jobs } = workflows.find(({ name }) => name === 'ci.yml')!
    const [oldest] = Object.values(jobs).flatMap(({ strategy }) => strategy?.matrix.node ?? [])
    expect(`>=${oldest}`).toBe(`${engines.node}.0`)
  })
})
