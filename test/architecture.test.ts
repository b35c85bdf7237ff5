import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../src', import.meta.url))

/** One import, in whatever form. */
interface Import {
  /** Path below src, with `/`. */
  readonly from: string
  /** Path below src, or `node:…`, or the name of a package without what is behind it. */
  readonly to: string
  /** Gone at run time. */
  readonly typeOnly: boolean
  /** Only when the code around it runs. */
  readonly onDemand: boolean
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .sort()
const sources = new Map(files.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
const imports = files.flatMap((path) => importsOf(path, sources.get(path)!))

function importsOf(from: string, source: string): Import[] {
  const statements = source.matchAll(/^(?:import|export)\s+(?:([^'"();]*?)\s*from\s+)?['"]([^'"]+)['"]/gm)
  const found = [...statements].map(([, names = '', target]) => ({
    from,
    to: resolve(from, target!),
    typeOnly: isTypeOnly(names),
    onDemand: false,
  }))
  const expressions = source.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g)
  return [
    ...found,
    ...[...expressions].map(([, target]) => ({ from, to: resolve(from, target!), typeOnly: false, onDemand: true })),
  ]
}

/** Whether a list of names, as in `import LIST from`, is gone at run time. */
function isTypeOnly(names: string): boolean {
  if (/^type\s/.test(names)) return true
  const inBraces = /^\{([\s\S]*)\}$/.exec(names)?.[1]
  return inBraces?.split(',').every((name) => /^\s*(type\s|$)/.test(name)) ?? false
}

function resolve(from: string, target: string): string {
  if (target.startsWith('.')) return join(dirname(from), target).replaceAll('\\', '/')
  if (target.startsWith('node:')) return target
  return target.split('/', target.startsWith('@') ? 2 : 1).join('/')
}

/** The folder of a file; a file of src itself stands for its own. */
function areaOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path
}

function isOurs(target: string): boolean {
  return sources.has(target)
}

/** A part of a page, which is bundled as text. */
function isText(target: string): boolean {
  return /\.inline\.(js|css)\?raw$/.test(target)
}

function shown({ from, to }: Import): string {
  return `${from} → ${to}`
}

/** The imports of an area that are none of those allowed. */
function strangers(area: string, allowed: (each: Import) => boolean): string[] {
  return imports.filter((each) => areaOf(each.from) === area && isOurs(each.to) && !allowed(each)).map(shown)
}

/** The files in which a name of the global scope is used, found as the language sees it. */
function usersOf(name: string): string[] {
  const define = { [name]: 'FOUND_IT', [`globalThis.${name}`]: 'FOUND_IT', [`global.${name}`]: 'FOUND_IT' }
  return files.filter((path) => transformSync(sources.get(path)!, { loader: 'ts', define }).code.includes('FOUND_IT'))
}

/** Some way along the edges that comes back to where it began. */
function cycleIn(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>()
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next, [...path, node])
      if (cycle !== undefined) return cycle
    }
    done.add(node)
    return undefined
  }
  for (const node of edges.keys()) {
    const cycle = visit(node, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

/** What imports what at run time, by file or by area. */
function edgesBy(nameOf: (path: string) => string): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>()
  for (const { from, to, typeOnly } of imports) {
    if (typeOnly || !isOurs(to) || nameOf(from) === nameOf(to)) continue
    edges.set(nameOf(from), (edges.get(nameOf(from)) ?? new Set()).add(nameOf(to)))
  }
  return edges
}

describe('the reader of imports', () => {
  it('finds every form', () => {
    const source = `import a, { b } from './a.ts'
import type { C } from '../c.ts'
import {
  type D,
  type E,
} from './d.ts'
import { type F, g } from "./f.ts"
import * as ws from 'ws/lib/x'
import 'side'
export { h } from '@scope/name/h'
import manifest from '../package.json' with { type: 'json' }
  const { x } = await import('yargs')
const text = "import('mqtt" // no import
`
    expect(importsOf('area/file.ts', source).map(({ to, typeOnly }) => [to, typeOnly])).toEqual([
      ['area/a.ts', false],
      ['c.ts', true],
      ['area/d.ts', true],
      ['area/f.ts', false],
      ['ws', false],
      ['side', false],
      ['@scope/name', false],
      ['package.json', false],
      ['yargs', false],
    ])
  })

  it('misses none: each names a file, the manifest, Node or a package that is depended on', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8')) as {
      devDependencies: object
    }
    const unknown = imports.filter(
      ({ to }) =>
        !isOurs(to) &&
        to !== '../package.json' &&
        !to.startsWith('node:') &&
        !isText(to) &&
        !Object.hasOwn(devDependencies, to),
    )
    expect(unknown.map(shown)).toEqual([])
    for (const path of files) {
      const count = sources.get(path)!.match(/^import\b/gm)?.length ?? 0
      expect(imports.filter(({ from }) => from === path).length, path).toBeGreaterThanOrEqual(count)
    }
  })
})

describe('a package', () => {
  it.each<[name: string, places: RegExp]>([
    ['yargs', /^parse\.ts$/],
    ['mqtt', /^mqtt\//],
    ['ws', /^(mqtt\/transport|commands\/broker)\.ts$/],
    ['socks', /^mqtt\/transport\.ts$/],
    ['chalk', /^terminal\//],
    ['ora', /^terminal\//],
    ['aedes', /^commands\/broker\.ts$/],
    ['hdr-histogram-js', /^bench\/reports\/hdr-log\.ts$/],
    ['uplot', /^bench\/reports\/page\.ts$/],
    ['re2js', /^expressions\/regex\.ts$/],
    ['@marcbachmann/cel-js', /^expressions\/cel\.ts$/],
  ])('%s is imported only where it belongs: %s', (name, places) => {
    const users = imports.filter(({ to }) => to === name).map(({ from }) => from)
    expect(users.filter((path) => !places.test(path))).toEqual([])
  })

  it.each(['@marcbachmann/cel-js', 'aedes', 're2js', 'ws', 'socks'])(
    '%s, which is heavy, is loaded only where it is used',
    (name) => {
      const atStart = [...sources].filter(([, source]) =>
        new RegExp(`^import (?!type).*from '${name}'`, 'm').test(source),
      )
      expect(atStart.map(([path]) => path)).toEqual([])
    },
  )
})

describe('MQTT.js, which is the control plane and no more,', () => {
  const source = sources.get('mqtt/connection.ts')!
  const found = (pattern: RegExp) => [...source.matchAll(pattern)].map(([, name]) => name)

  it('is loaded by one file, without what connects, reads variables and catches errors', () => {
    const loaded = [...sources].flatMap(([path, text]) =>
      [...text.matchAll(/^import (?!type).*from '(mqtt(?:\/.*)?)'|(?:import|require)\('(mqtt(?:\/.*)?)'\)/gm)].map(
        ([, atStart, onDemand]) => `${path}: ${atStart ?? onDemand}`,
      ),
    )
    expect(loaded).toEqual(['mqtt/connection.ts: mqtt/lib/client'])
  })

  it('is asked for no message, and for an end only behind what was written', () => {
    const asked = new Set(found(/\bclient\.(\w+)\(/g))
    expect([...asked].filter((name) => name !== 'on' && name !== 'once').sort()).toEqual([
      'end',
      'getLastMessageId',
      'removeOutgoingMessage',
      'subscribe',
      'unsubscribe',
    ])
  })

  it('tells of no message', () => {
    expect(found(/\bclient\.(?:on|once)\('(\w+)'/g)).toEqual(['packetreceive', 'disconnect', 'error', 'connect'])
  })

  it.each([
    'messageIdProvider: ids',
    'outgoingStore: emptyStore',
    'reconnectPeriod: 0',
    'resubscribe: false',
    'connectTimeout: 2 ** 31 - 1',
  ])('leaves to others what is not its own: %s', (option) => {
    expect(source).toContain(`    ${option},\n`)
  })
})

describe('the start', () => {
  /** What is loaded with these files, before anything is asked for on demand. */
  const loadedWith = (...paths: readonly string[]) => {
    const reached = new Set(paths)
    for (const path of reached) {
      const needed = imports.filter(({ from, typeOnly, onDemand }) => from === path && !typeOnly && !onDemand)
      for (const { to } of needed) reached.add(to)
    }
    return [...reached]
  }

  it('loads no command but the one that is asked for', () => {
    const reached = loadedWith('main.ts')
    expect(reached).toContain('commands/index.ts')
    expect(reached.filter((path) => path.startsWith('commands/')).sort()).toEqual([
      'commands/find.ts',
      'commands/index.ts',
    ])
  })

  it('loads nothing of Node that is heavy, such as cryptography', () => {
    const listed = imports.filter(({ from, onDemand }) => from === 'commands/index.ts' && onDemand)
    const reached = loadedWith('main.ts', ...listed.map(({ to }) => to).filter((path) => path.startsWith('commands/')))
    expect(reached).toContain('commands/bench/flow.ts')
    expect(
      reached.filter((path) => /^node:(crypto|http|https|tls|zlib|child_process|worker_threads)$/.test(path)),
    ).toEqual([])
  })
})

describe('the global', () => {
  it('process is used only by main.ts, and for the clock', () => {
    expect(usersOf('process')).toEqual(['main.ts', 'mqtt/clock.ts'])
    expect(imports.filter(({ to }) => to === 'node:process').map(shown)).toEqual([])
  })

  it('console is used nowhere', () => {
    expect(usersOf('console')).toEqual([])
    expect(imports.filter(({ to }) => to === 'node:console').map(shown)).toEqual([])
  })
})

describe('the folder', () => {
  it.each<[area: string, allowed: RegExp, types: RegExp]>([
    ['io.ts', /^$/, /^$/],
    ['errors.ts', /^$/, /^$/],
    ['options', /^(options\/.*|errors\.ts|mqtt\/(topic|property-table)\.ts)$/, /^$/],
    ['config', /^(config|options)\/|^errors\.ts$/, /^io\.ts$/],
    [
      'expectations',
      /^(expectations|expressions)\/|^mqtt\/topic\.ts$/,
      /^(mqtt\/(message|properties)|reports\/suite)\.ts$/,
    ],
    ['expressions', /^(expressions\/.*|errors\.ts)$/, /^$/],
    ['formatters', /^(formatters\/.*|errors\.ts)$/, /^mqtt\/(message|properties|malformed)\.ts$/],
    ['mqtt', /^(mqtt\/.*|errors\.ts)$/, /^options\//],
    ['library', /^(library\/.*|mqtt\/.*|options\/(option|url)\.ts|errors\.ts)$/, /^$/],
    [
      'parsers',
      /^(parsers\/.*|errors\.ts|mqtt\/topic\.ts|options\/nearest\.ts|streams\/lines\.ts)$/,
      /^mqtt\/(message|property-table)\.ts$/,
    ],
    ['bench', /^(bench|mqtt)\/|^(errors|options\/nearest)\.ts$/, /^options\//],
    ['checks', /^(checks|mqtt)\/|^errors\.ts$/, /^options\//],
    ['reports', /^reports\//, /^$/],
    ['retained', /^(retained|mqtt)\/|^errors\.ts$/, /^options\//],
    ['streams', /^(streams\/.*|errors\.ts)$/, /^$/],
    ['terminal', /^(terminal\/.*|errors\.ts)$/, /^io\.ts$/],
    ['docs', /^(docs|options)\//, /^commands\/command\.ts$/],
    [
      'commands',
      /^(bench|checks|commands|config|docs\/completion|expectations|expressions|formatters|mqtt|options|parsers|reports|retained|streams|terminal)\/|^(errors|version|docs\/cheat)\.ts$/,
      /^io\.ts$/,
    ],
  ])('%s imports only %s, and as types %s', (area, allowed, types) => {
    expect(files.some((path) => areaOf(path) === area)).toBe(true)
    expect(strangers(area, ({ to, typeOnly }) => allowed.test(to) || (typeOnly && types.test(to)))).toEqual([])
  })

  it('never makes a cycle at run time, nor does a file', () => {
    expect(cycleIn(edgesBy((path) => path))).toBeUndefined()
    // mqtt/topic.ts, which imports nothing, is what options and mqtt have in common.
    expect(cycleIn(edgesBy((path) => (path === 'mqtt/topic.ts' ? path : areaOf(path))))).toBeUndefined()
  })

  it('shows a cycle where there is one', () => {
    const edges = new Map([
      ['a', new Set(['b', 'c'])],
      ['b', new Set(['c'])],
      ['c', new Set(['d', 'b'])],
    ])
    expect(cycleIn(edges)).toEqual(['b', 'c', 'b'])
    edges.get('c')!.delete('b')
    expect(cycleIn(edges)).toBeUndefined()
  })
})
