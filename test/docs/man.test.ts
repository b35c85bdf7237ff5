import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { command } from '../../src/commands/command.ts'
import { loadCommands } from '../../src/commands/index.ts'
import { commandPage, groupNames, groupPage, pageName, programPage } from '../../src/docs/man.ts'

const commands = await loadCommands()

const pages = [
  { name: 'tmqtt.1', text: programPage(commands) },
  ...groupNames(commands).map((name) => ({
    name: `${pageName({ name })}.1`,
    text: groupPage(
      name,
      commands.filter((command) => command.name.startsWith(`${name} `)),
    ),
  })),
  ...commands.map((command) => ({ name: `${pageName(command)}.1`, text: commandPage(command) })),
]

const ofGroup = {
  name: 'group member',
  summary: 'show a command of a group',
  ...command({ options: {}, examples: [], run: async () => undefined }),
}

const hasMandoc = spawnSync('mandoc', ['-l'], { input: '' }).error === undefined
/** man-db, whose man has this option. */
const hasMan = spawnSync('man', ['--version'], { encoding: 'utf8' }).stdout?.startsWith('man 2') ?? false

describe('man pages', () => {
  it.each(pages)('has man/$name as the option table says (npm run man writes it)', async ({ name, text }) => {
    await expect(text).toMatchFileSnapshot(`../../man/${name}`)
  })

  it('has no page for a command that is gone', () => {
    expect(readdirSync('man').sort()).toEqual(pages.map(({ name }) => name).sort())
  })

  it.skipIf(!hasMandoc).each(pages)('$name passes mandoc -T lint', ({ text }) => {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], { input: text, encoding: 'utf8' })
    expect(stdout).toBe('')
  })

  it.skipIf(!hasMan).each(pages)('$name is shown by man without a warning', ({ text }) => {
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', '-'], {
      input: text,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', MANWIDTH: '80' },
    })
    expect(stderr).toBe('')
    expect(stdout).toContain('SEE ALSO')
  })

  it('have the sections that belong to them, in the usual order', () => {
    const sections = (name: string) =>
      [...pages.find((each) => each.name === name)!.text.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title)
    expect(sections('tmqtt-sub.1')).toEqual([
      ...['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'FORMATS', 'EXAMPLES', 'ENVIRONMENT', 'FILES'],
      ...['EXIT STATUS', 'SEE ALSO'],
    ])
    for (const { name } of pages) {
      expect(sections(name)).toEqual(
        expect.arrayContaining(['NAME', 'SYNOPSIS', 'EXAMPLES', 'EXIT STATUS', 'SEE ALSO']),
      )
    }
  })

  it('lead only to pages that are there, and none to itself', () => {
    const names = pages.map(({ name }) => name)
    for (const { name, text } of pages) {
      const [, also] = text.split('.SH SEE ALSO\n') as [string, string]
      const others = also.split('\n').flatMap((line) => /^\.BR (\S+) \(1\),?$/.exec(line)?.[1] ?? [])
      expect(others.length).toBeGreaterThan(0)
      for (const other of others) expect(names).toContain(`${other.replaceAll('\\-', '-')}.1`)
      expect(others).not.toContain(name.replace('.1', '').replaceAll('-', '\\-'))
    }
  })

  it('tell of the formats where messages are printed', () => {
    const { text } = pages.find(({ name }) => name === 'tmqtt-sub.1')!
    expect(text).toContain('\n%{filter}\nthe filter given that matches (hall/#)\n')
    expect(text).toContain('\n.nf\nhall/temp {"c":21}\n.fi\n')
  })

  it('of a group say what its commands are for', () => {
    const { text } = pages.find(({ name }) => name === 'tmqtt-retain.1')!
    expect(text).toContain('\ntmqtt\\-retain \\- look at what brokers have retained\n')
    expect(text).toContain('.BR tmqtt\\-retain\\-list (1)\nlist retained messages\n')
    for (const name of groupNames(commands)) expect(groupPage(name, [])).not.toMatch(/ \\- $/m)
  })

  it('of a command of a group is named by both words, and shows how it is typed', () => {
    const text = commandPage(ofGroup)
    expect(text).toMatch(/^\.TH TMQTT\\-GROUP\\-MEMBER 1 /)
    expect(text).toContain(
      '\ntmqtt\\-group\\-member \\- show a command of a group\n.SH SYNOPSIS\n.B tmqtt group member\n',
    )
    expect(programPage([ofGroup])).toContain('.BR tmqtt\\-group\\-member (1)\nshow a command of a group\n')
  })

  it('starts no line of text with a macro', () => {
    for (const { text } of pages) {
      for (const line of text.split('\n')) expect(line).toMatch(/^($|[^.']|\.(TH|SH|SS|TP|B|BR|I|RI|PP|RS|RE|nf|fi)\b)/)
    }
  })
})
