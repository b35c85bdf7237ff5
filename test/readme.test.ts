import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadCommands } from '../src/commands/index.ts'
import { takesProfiles } from '../src/config/sources.ts'
import { exitStatuses } from '../src/docs/exit-statuses.ts'
import { readConfiguration } from '../src/options/configuration-file.ts'
import { profileProblems } from '../src/options/profile-problems.ts'
import { jsonLines } from '../src/parsers/json-lines.ts'

const commands = await loadCommands()

const readme = readFileSync('README.md', 'utf8')

describe('README', () => {
  it('shows the worker as it is', () => {
    expect(readme).toContain(readFileSync('test/programs/worker.sh', 'utf8').trimEnd())
  })

  it('shows a configuration file with which nothing is wrong', () => {
    const [, text] = /```json\n(.*?)```/s.exec(readme)!
    const { preset, profiles, problems } = readConfiguration(text!, 'README.md')
    const tables = commands.filter(takesProfiles).map(({ options }) => options)
    const all = profiles.flatMap((profile) => profileProblems(profile, { tables, home: '/home/joe' }))
    expect([...problems, ...all]).toEqual([])
    expect([preset, ...profiles.map(({ name }) => name)]).toEqual(['home', 'home', 'prod'])
  })

  it('shows a line that pub --json publishes', () => {
    const [, line] = /```jsonl\n(.*?)\n```/s.exec(readme)!
    const read = jsonLines({ topic: undefined, qos: 0, retain: false, properties: [] }, (head) => head)
    const message = read(Buffer.from(line!), 0, line!.length)
    expect(message?.header).toEqual({
      topic: 'home/light',
      qos: 1,
      retain: true,
      properties: [
        ['content-type', 'text/plain'],
        ['user-property', ['room', 'hall']],
        ['user-property', ['room', 'stairs']],
      ],
    })
  })

  it('says of each package that the project needs what for', () => {
    const [, section] = /^### What it is made of\n(.*?)^### /ms.exec(readme)!
    const named = [...section!.matchAll(/^- `([^`]+)`: \S.{10,}$/gm)].map(([, name]) => name!)
    const needed = ['package.json', '.ci/packaging/package.json'].flatMap((path) => {
      const { dependencies, devDependencies } = JSON.parse(readFileSync(path, 'utf8'))
      return Object.keys({ ...dependencies, ...devDependencies })
    })
    expect(named.sort()).toEqual(needed.sort())
  })

  it('has the exit statuses of the man pages', () => {
    const rows = exitStatuses.map(([status, meaning]) => `| ${status} | ${meaning} |`)
    expect(readme).toContain(`${rows.join('\n')}\n`)
  })
})
