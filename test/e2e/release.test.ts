import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { version } from '../../src/version.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { bareEnvironment } from '../support/environment.ts'
import { runProgram, startProgram } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const root = join(import.meta.dirname, '../..')

/** A copy of the project, with all committed. */
let project: string

const git = (...args: readonly string[]) =>
  runProgram(
    'git',
    ['-c', 'user.name=joe', '-c', 'user.email=joe@example.org', '-c', 'commit.gpgsign=false', ...args],
    project,
  )

beforeEach(() => {
  project = temporaryDirectory().path
  const names = ['.ci', '.gitignore', 'package.json', 'package-lock.json', 'bin', 'dist', 'man']
  for (const name of [...names, 'CHANGELOG.md', 'LICENSE', 'README.md']) {
    const filter = (path: string) => !path.endsWith('node_modules')
    cpSync(join(root, name), join(project, name), { recursive: true, filter })
  }
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  writeFileSync(join(project, '.git-exclude'), 'node_modules\n.git-exclude\n')
  git('init', '-q')
  git('config', 'core.excludesFile', join(project, '.git-exclude'))
  git('add', '.')
  git('commit', '-qm', 'all')
})

/** Without the steps that take minutes, or that would build what other tests are running. */
async function release(...args: readonly string[]) {
  const skipped = ['check', 'build', 'executables'].flatMap((step) => ['--skip', step])
  const env = bareEnvironment()
  const program = startProgram('node', ['.ci/release.mjs', ...skipped, ...args], { env, cwd: project, input: '' })
  atEndOfTest(program.stop)
  return { ...(await program.exited), stdout: program.stdout.toString(), stderr: program.stderr }
}

describe('npm run release', () => {
  it('makes the package and the bill of materials, and says what is left to do', async () => {
    const { code, stdout, stderr } = await release()
    expect(code, stdout + stderr).toBe(0)
    expect(stdout.match(/^\w+ +\w+/gm)).toEqual([
      'ok      tree',
      'ok      version',
      'ok      package',
      'ok      sbom',
      'Left to',
    ])
    expect(stdout).toContain('- take all the steps: check, build, executables skipped\n')
    expect(stdout).toContain(`- git tag v${version}, and push`)
    expect(readdirSync(join(project, 'build/release')).sort()).toEqual([
      `tmqtt-${version}.cdx.json`,
      `tmqtt-${version}.tgz`,
    ])
  })

  it('lists in the bill what is in the bundle, and nothing that only builds it', async () => {
    await release('--skip', 'package')
    const bill = JSON.parse(readFileSync(join(project, `build/release/tmqtt-${version}.cdx.json`), 'utf8')) as {
      readonly metadata: { readonly component: { readonly name: string } }
      readonly components: readonly { readonly name: string }[]
    }
    const names = bill.components.map(({ name }) => name)
    expect(bill.metadata.component.name).toBe('tmqtt')
    expect(names).toEqual(expect.arrayContaining(['mqtt', 'mqtt-packet', 'yargs-parser', 'aedes', 'ws']))
    expect(names.filter((name) => /^(vitest|esbuild|knip|typescript|publint)$/.test(name))).toEqual([])
  })

  it.each<[what: string, spoil: () => void, says: RegExp]>([
    ['something is not committed', () => writeFileSync(join(project, 'new'), ''), /^FAILED {2}tree: .*\n\?\? new$/m],
    [
      'the changelog begins with another version',
      () => writeFileSync(join(project, 'CHANGELOG.md'), '# Changelog\n\n## 99.0.0, not released yet\n'),
      /^FAILED {2}version: CHANGELOG\.md begins with 99\.0\.0/m,
    ],
    [
      'it has been released',
      () => {
        git('tag', `v${version}`)
        git('commit', '-q', '--allow-empty', '-m', 'more')
      },
      /^FAILED {2}version: the tag v/m,
    ],
    [
      'the package would hold what does not belong there',
      () => {
        const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
        manifest.files.push('.ci/run')
        writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
      },
      /^FAILED {2}package: the package holds \.ci\/run$/m,
    ],
  ])('fails when %s', async (_what, spoil, says) => {
    spoil()
    const { code, stdout } = await release('--skip', 'sbom')
    expect(code).toBe(1)
    expect(stdout).toMatch(says)
    expect(stdout).not.toContain('Left to do')
  })
})
