import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { command } from '../../src/commands/command.ts'
import { loadCommands } from '../../src/commands/index.ts'
import { commandPage, pageName, programPage } from '../../src/docs/man.ts'

const commands = await loadCommands()

const pages = [
  { name: 'tmqtt.1', text: programPage(commands) },
  ...commands.map((command) => ({ name: `${pageName(command)}.1`, text: commandPage(command) })),
]

const ofGroup = {
  name: 'group member',
  summary: 'show a command of a group',
  ...command({ options: {}, examples: [], run: async () => undefined }),
}

const hasMandoc = spawnSync('mandoc', ['-l'], { input: '' }).error === undefined

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
