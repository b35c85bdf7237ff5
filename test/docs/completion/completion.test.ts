import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadCommands } from '../../../src/commands/index.ts'
import { completionScript } from '../../../src/docs/completion/completion.ts'
import { typedNames } from '../../../src/options/words.ts'
import { atEndOfTest } from '../../support/clean-up.ts'
import { findProgram, startProgram } from '../../support/program.ts'
import { hasScript } from '../../support/spawn.ts'
import { isInstalled, offers, type Workplace, workplace } from './shells.ts'

const commands = await loadCommands()

const packets = ['connect', 'disconnect', 'publish', 'subscribe', 'unsubscribe', 'will']

/** What to offer, in the order of the alphabet. */
const cases: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['tmqtt re', ['reply', 'retain', 'retain-clear']],
  ['tmqtt help fo', ['formats']],
  ['tmqtt fo', []],
  ['tmqtt help re', ['reply', 'retain', 'retain-clear']],
  ['tmqtt --', ['--help', '--version']],
  ['tmqtt retain ', ['diff', 'list']],
  ['tmqtt retain d', ['diff']],
  ['tmqtt help retain d', ['diff']],
  ['tmqtt nothing ', []],
  ['tmqtt sub --q', ['--qos', '--quiet']],
  ['tmqtt sub --no-s', []],
  ['tmqtt sub --qos ', ['0', '1', '2']],
  ['tmqtt sub --qos=', ['0', '1', '2']],
  ['tmqtt sub --protocol-version=31', ['31', '311']],
  ['tmqtt sub -q ', ['0', '1', '2']],
  ['tmqtt pub -V 3', ['31', '311']],
  ['tmqtt sub -t ', []],
  ['tmqtt sub --topic=', []],
  ['tmqtt sub -L mqtt://localhost:1883 --q', ['--qos', '--quiet']],
  ['tmqtt sub -t x -- --q', []],
  ['tmqtt pub -D ', packets],
  ['tmqtt pub --property ', packets],
  ['tmqtt pub -D will w', ['will-delay-interval']],
  ['tmqtt pub -D publish content-type ', []],
  ['tmqtt profile ', ['check', 'list', 'show']],
  ['tmqtt profile show ', ['far away', 'prod']],
  ['tmqtt sub --profile p', ['prod']],
  ['tmqtt sub --profile=p', ['prod']],
  ['tmqtt sub --config other.json --profile ', ['elsewhere']],
  ['tmqtt profile --config=other.json show ', ['elsewhere']],
  ['tmqtt completion ', ['bash', 'fish', 'zsh']],
]

/** Where fish offers options that make no sense there. */
const exactCases: typeof cases = [
  ['tmqtt sub -t --q', []],
  ['tmqtt sub -v --qos=1 --unix=a -t x --q', ['--quiet']],
  ['tmqtt sub -q 1 -t x --top', ['--topic', '--topic-alias-maximum']],
  ['tmqtt sub -q 1 --qo', []],
  ['tmqtt sub -vq ', ['0', '1', '2']],
  ['tmqtt sub -q1 --qo', []],
  ['tmqtt sub -vq1 --qo', []],
  ['tmqtt sub -tfoo --qo', ['--qos']],
]

/** Where paths are to stand; what is offered for them in bash comes from bash itself. */
const paths: readonly (readonly [line: string, offered: readonly string[], inBash: string])[] = [
  ['tmqtt sub --cafile c', ['certs', 'config.pem'], 'FILES'],
  ['tmqtt sub --cafile=c', ['certs', 'config.pem'], 'FILES'],
  ['tmqtt sub --capath c', ['certs'], 'FOLDERS'],
  ['tmqtt bench merge c', ['certs', 'config.pem'], 'FILES'],
  ['tmqtt bench merge x c', ['certs', 'config.pem'], 'FILES'],
]

const profiles = (...names: readonly string[]) =>
  JSON.stringify({ profiles: Object.fromEntries(names.map((name) => [name, {}])) })

describe.each(['bash', 'zsh', 'fish'] as const)('completion in %s', (shell) => {
  describe.skipIf(!isInstalled(shell))('which is installed', () => {
    let place: Workplace
    beforeAll(() => {
      place = workplace(shell)
      for (const folder of ['.config/tmqtt', 'certs']) mkdirSync(place.file(folder), { recursive: true })
      place.write('.config/tmqtt/config.json', profiles('prod', 'far away'))
      place.write('other.json', profiles('elsewhere'))
      place.write('config.pem', '')
    })

    it('offers what can stand at the cursor, and only that', async () => {
      const all = shell === 'fish' ? cases : [...cases, ...exactCases]
      const offered = await offers(
        shell,
        place,
        all.map(([line]) => line),
      )
      expect(all.map(([line], at) => [line, offered[at]])).toEqual(all)
    })

    it('offers every option of every command that help shows', async () => {
      const offered = await offers(
        shell,
        place,
        commands.map(({ name }) => `tmqtt ${name} --`),
      )
      const expected = commands.map(({ name, options }) => {
        const shown = Object.entries(options).filter(([, option]) => !option.hidden)
        const names = shown
          .flatMap(([key, option]) => typedNames(key, option))
          .filter((typed) => typed.startsWith('--'))
        return [name, [...names, '--help'].sort()]
      })
      expect(commands.map(({ name }, at) => [name, offered[at]])).toEqual(expected)
    })

    it('offers paths where they belong', async () => {
      const offered = await offers(
        shell,
        place,
        paths.map(([line]) => line),
      )
      const found = offered.map((each) => each.map((path) => path.replace(/\/$/, '')))
      expect(paths.map(([line], at) => [line, found[at]])).toEqual(
        paths.map(([line, words, inBash]) => [line, shell === 'bash' ? [inBash] : words]),
      )
    })

    // zsh and fish have no way to say so.
    if (shell === 'bash') {
      it('knows that a user property takes two words', async () => {
        const line = 'tmqtt pub -D publish user-property a'
        expect(await offers(shell, place, [`${line} `, `${line} --q`, `${line} b --qo`])).toEqual([[], [], ['--qos']])
      })
    }

    it('leaves the words behind -- to the program that they name', async () => {
      const [offered] = await offers(shell, place, ['tmqtt expect -t x -- printen'])
      expect(offered).toEqual(shell === 'bash' ? ['FILES'] : ['printenv'])
    })
  })
})

describe('the script for zsh', () => {
  it.skipIf(!isInstalled('zsh'))('works in a folder of $fpath, too', async () => {
    const lines = ['tmqtt sub --qo', 'tmqtt retain ']
    expect(await offers('zsh', workplace('zsh', true), lines)).toEqual([['--qos'], ['diff', 'list']])
  })
})

describe('the script for bash', () => {
  it.skipIf(findProgram('shellcheck') === undefined)('passes shellcheck', () => {
    const script = completionScript('bash', commands)
    const { stdout } = spawnSync('shellcheck', ['-'], { input: script, encoding: 'utf8' })
    expect(stdout).toBe('')
  })
})

describe.skipIf(!hasScript)('bash on a terminal', () => {
  it.each([
    ['--qos behind --qo', 'tmqtt sub --qo\t1', '<sub><--qos><1>'],
    ['a value behind =', 'tmqtt sub --retain-handling=a\t', '<sub><--retain-handling=always>'],
    ['a file name with blanks', 'tmqtt sub --cafile my\t', '<sub><--cafile><my authority.pem>'],
    ['a file name behind =', 'tmqtt sub --cafile=my\t', '<sub><--cafile=my authority.pem>'],
    ['a folder, not the file', 'tmqtt sub --capath m\t', '<sub><--capath><more/>'],
    ['a profile with blanks', 'tmqtt sub --profile f\t', '<sub><--profile><far away>'],
  ])('completes %s', async (_, typed, words) => {
    const place = workplace('bash')
    mkdirSync(place.file('more'))
    mkdirSync(place.file('.config/tmqtt'), { recursive: true })
    place.write('.config/tmqtt/config.json', profiles('far away'))
    place.write('my authority.pem', '')
    const run = `words() { printf '<%s>' "$@"; echo; }; source '${place.script}'; complete -p tmqtt`
    const program = startProgram('script', ['-qefc', 'bash --norc --noprofile -i', '/dev/null'], {
      env: { ...place.env, PS1: '', TERM: 'dumb', HISTFILE: '/dev/null' },
      cwd: place.path,
      group: true,
    })
    atEndOfTest(program.stop)
    program.stdin.write(`${run}\r`)
    await program.waitForStdout('complete -o default -F _tmqtt tmqtt\r\n')
    // Ctrl-A goes to the beginning of the line; what it runs then shows the words.
    program.stdin.write(`${typed}\x01words \x1bd\r`)
    await program.waitForStdout(`${words}\r\n`)
  })
})
