import { describe, expect, it } from 'vitest'
import { findCommand, noCommand } from '../../src/commands/find.ts'

const commands = ['sub', 'log-clear', 'log list', 'log diff'].map((name) => ({
  name,
  summary: 'do something',
}))

describe('findCommand', () => {
  it.each<[words: string[], name: string, rest: string[]]>([
    [['sub'], 'sub', []],
    [['sub', 'list', '-t'], 'sub', ['list', '-t']],
    [['log', 'list', '-t', 'a'], 'log list', ['-t', 'a']],
    [['log-clear', 'list'], 'log-clear', ['list']],
  ])('finds in %j the command %s', (words, name, rest) => {
    expect(findCommand(commands, words)).toEqual({ name, rest, command: expect.objectContaining({ name }) })
  })

  it.each<[words: string[], rest: string[]]>([
    [['log'], []],
    [['log', 'lst'], ['lst']],
    [
      ['log', '-t', 'list'],
      ['-t', 'list'],
    ],
  ])('finds in %j a group', (words, rest) => {
    expect(findCommand(commands, words)).toEqual({ name: 'log', rest, members: [commands[2], commands[3]] })
  })

  it.each([[[]], [['']], [['lo']], [['list']], [['log list']], [['__proto__']]])('finds nothing in %j', (words) => {
    expect(findCommand(commands, words)).toBeUndefined()
  })
})

describe('noCommand', () => {
  const all = 'sub, log-clear, log list, log diff'
  it.each<[word: string | undefined, group: string | undefined, message: string]>([
    [undefined, undefined, `name a command: ${all}`],
    [undefined, 'log', 'name a command: list, diff'],
    ['subb', undefined, `no command 'subb'; did you mean sub? (commands: ${all})`],
    ['olg', undefined, `no command 'olg'; did you mean log? (commands: ${all})`],
    ['lst', 'log', "no command 'log lst'; did you mean list? (commands: log list, log diff)"],
    ['clear', 'log', "no command 'log clear'; did you mean log-clear? (commands: log list, log diff)"],
    ['x', 'log', "no command 'log x' (commands: log list, log diff)"],
    ['-t', undefined, "-t: name the command first, as in 'tmqtt sub -t'"],
    ['-t', 'log', "-t: name the command first, as in 'tmqtt log list -t'"],
  ])('says of %s in group %s: %s', (word, group, message) => {
    expect(noCommand(commands, word, group === undefined ? {} : { group }).message).toBe(message)
  })
  it('says what else the word could have been', () => {
    const topics = [{ name: 'formats', summary: 'how it looks' }]
    expect(noCommand(commands, 'formts', { topics }).message).toBe(
      `no command or topic 'formts'; did you mean formats? (commands: ${all}; topics: formats)`,
    )
  })

  it('takes letters that have changed places for the command', () => {
    expect(noCommand(commands, 'sbu').message).toContain("'sbu'; did you mean sub?")
  })
})
