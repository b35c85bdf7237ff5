import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { beforeAll, describe, expect, it } from 'vitest'
import { version } from '../../src/version.ts'
import { atEndOfFile, atEndOfTest } from '../support/clean-up.ts'
import { bareEnvironment } from '../support/environment.ts'
import { type Environment, findProgram, startProgram } from '../support/program.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Readonly<Record<string, unknown>>

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

/** Of the tarball that would be published. */
let packed: Packed
let tarball: string

/** What a program prints that ends with 0. */
async function outputOf(command: string, args: readonly string[], env: Environment, cwd?: string): Promise<string> {
  const program = startProgram(command, args, { env, input: '', ...(cwd === undefined ? {} : { cwd }) })
  atEndOfTest(program.stop)
  const exited = await program.exited
  expect(exited, program.stderr).toEqual({ code: 0, signal: null })
  return program.stdout.toString()
}

/** For npm: with a cache that holds nothing, and nowhere to get anything from. */
function offline(): Environment {
  const home = temporaryDirectory(atEndOfFile)
  return bareEnvironment({ HOME: home.path, npm_config_offline: 'true', npm_config_cache: home.file('cache') })
}

beforeAll(async () => {
  const folder = temporaryDirectory(atEndOfFile)
  // Without scripts: they would build anew what other tests are running.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path]
  packed = (JSON.parse(await outputOf('npm', args, offline(), root)) as [Packed])[0]
  tarball = folder.file(packed.filename)
})

describe('the npm package', () => {
  it('holds what runs, its manual and its papers', () => {
    const paths = packed.files.map(({ path }) => path)
    expect(paths.filter((path) => !/^(bin|dist|man)\//.test(path)).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
    ])
    expect(paths.filter((path) => /^(bin|man)\//.test(path)).sort()).toEqual(
      ['bin', 'man'].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`)).sort(),
    )
    expect(paths.filter((path) => /^dist\//.test(path) && !/\.(cjs|cts|txt)$/.test(path))).toEqual([])
  })

  it('is at most 1 MB', () => {
    expect(packed.size).toBeLessThanOrEqual(1_000_000)
  })

  it('wants no other package, and runs nothing when it is installed', () => {
    for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies'])
      expect(manifest).not.toHaveProperty(field)
    for (const name of ['preinstall', 'install', 'postinstall']) expect(manifest.scripts).not.toHaveProperty(name)
  })

  it('names its man pages, all of them', () => {
    expect(manifest.man).toEqual(
      readdirSync('man')
        .sort()
        .map((name) => `man/${name}`),
    )
  })

  it('has nothing that publint frowns upon', async () => {
    const bytes = readFileSync(tarball)
    const { messages } = await publint({ strict: true, pack: { tarball: new Uint8Array(bytes).buffer } })
    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([])
  })

  it.each([
    ['mqtt', 'Permission is hereby granted'],
    ['yargs-parser', 'Permission to use, copy, modify'],
    ['hdr-histogram-js', 'Redistributions in binary form'],
    ['pako', '(MIT AND Zlib)'],
    ['@assemblyscript/loader', 'Apache License'],
  ])('has the licence of %s, which is in the bundle', (name, words) => {
    const sections = readFileSync('dist/LICENSES.txt', 'utf8').split(/\n-{80}\n\n/)
    const section = sections.find((text) => text.startsWith(`${name} `))
    expect(section).toContain(words)
  })
})

describe('npm install -g', () => {
  let prefix: string
  beforeAll(async () => {
    prefix = temporaryDirectory(atEndOfFile).path
    await outputOf('npm', ['install', '-g', '--prefix', prefix, tarball], offline())
  })

  /** Where a user of that prefix finds programs. */
  const path = () => `${prefix}/bin:${process.env.PATH}`

  it('needs nothing but the tarball', () => {
    expect(readdirSync(`${prefix}/lib/node_modules`)).toEqual(['tmqtt'])
    expect(existsSync(`${prefix}/lib/node_modules/tmqtt/node_modules`)).toBe(false)
  })

  it('gives a program that runs without any other variable than PATH', async () => {
    const env = { PATH: path(), NODE_DISABLE_COMPILE_CACHE: '1' }
    expect(await outputOf('tmqtt', ['--version'], env, '/')).toBe(`tmqtt ${version}\n`)
    expect(await outputOf('tmqtt', ['sub', '--help'], env, '/')).toContain('tmqtt sub')
  })

  it.skipIf(findProgram('man') === undefined)('makes `man tmqtt-sub` work', async () => {
    for (const env of [{ PATH: path() }, { PATH: process.env.PATH, MANPATH: `${prefix}/share/man` }]) {
      expect(await outputOf('man', ['-w', 'tmqtt-sub'], env)).toBe(`${prefix}/lib/node_modules/tmqtt/man/tmqtt-sub.1\n`)
      expect(await outputOf('man', ['-P', 'cat', 'tmqtt-sub'], env)).toContain('TMQTT-SUB(1)')
    }
  })
})

describe('npm install', () => {
  it('brings the library, its types, and nothing else', async () => {
    const project = temporaryDirectory()
    await outputOf('npm', ['install', '--prefix', project.path, tarball], offline(), project.path)
    expect(readdirSync(project.file('node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['tmqtt'])

    const user = project.write(
      'user.mts',
      "import { connect, publish, subscribe } from 'tmqtt'\nconsole.log([connect, publish, subscribe].map((each) => typeof each).join())\n",
    )
    const options = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', '', '--outDir', project.path]
    await outputOf(`${root}/node_modules/.bin/tsc`, [...options, user], bareEnvironment(), project.path)
    const said = await outputOf('node', [project.file('user.mjs')], bareEnvironment())
    expect(said).toBe('function,function,function\n')
  })
})

describe('npx', () => {
  it('runs the tarball as it is', async () => {
    const args = ['--yes', '--package', tarball, 'tmqtt', '--version']
    expect(await outputOf('npx', args, offline(), temporaryDirectory().path)).toBe(`tmqtt ${version}\n`)
  })
})
