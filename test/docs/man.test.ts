import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { commands } from '../../src/commands/index.ts'
import { commandPage, programPage } from '../../src/docs/man.ts'

const pages = [
  { name: 'tmqtt.1', text: programPage(commands) },
  ...commands.map((command) => ({ name: `tmqtt-${command.name}.1`, text: commandPage(command) })),
]

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

  it('starts no line of text with a macro', () => {
    for (const { text } of pages) {
      for (const line of text.split('\n')) expect(line).toMatch(/^($|[^.']|\.(TH|SH|SS|TP|B|BR|I|RI|PP|RS|RE|nf|fi)\b)/)
    }
  })
})
