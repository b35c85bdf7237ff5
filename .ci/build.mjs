// Builds dist/: the program in pieces, of which bin/tmqtt.js loads those that a command needs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'acorn'
import { build } from 'esbuild'
import { markCalled } from './eager.mjs'
import { keepMetafile } from './licenses.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

const target = {
  platform: 'node',
  target: 'node20.19',
  // bin/tmqtt.js reads the result as Latin 1.
  charset: 'ascii',
  minifySyntax: true,
  minifyWhitespace: true,
  // What tells of the licence stays in the files that it is about.
  legalComments: 'inline',
  logLevel: 'warning',
}

/**
 * What every bundle of the program shares: Node's own modules in place of packages that stand in for them, and the
 * width of text without tables of Unicode that take as long to load as all else.
 */
export const bundling = {
  ...target,
  absWorkingDir: root,
  bundle: true,
  loader: { '.iife.min.js': 'text', '.inline.js': 'text', '.css': 'text' },
  alias: {
    'string-width': './src/terminal/string-width.ts',
    'readable-stream': 'node:stream',
    'worker-timers': 'node:timers',
    'process-nextick-args': 'node:process',
  },
  define: { 'import.meta.url': '__importMetaUrl' },
  plugins: [parserOfYargs(), standIns()],
}

/**
 * The last step: CommonJS starts faster than modules, and only scripts can have a code cache. What comes from other
 * files is taken once, as they are loaded, and not through a getter at each use: what esbuild makes of modules would
 * copy the properties of each module of Node, and slow down every call between files.
 *
 * @param code a module as esbuild bundles it, none of whose exports is set again.
 */
export function commonJs(code) {
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
  const heads = []
  const exported = []
  const edits = []
  for (const { type, start, end, source, specifiers, declaration } of tree.body) {
    if (type === 'ImportDeclaration') {
      heads.push(requirement(specifiers, `require(${source.raw})`))
      edits.push({ start, end, text: '' })
    } else if (type === 'ExportNamedDeclaration') {
      exported.push(...specifiers.map(({ local, exported: name }) => property(name.name, local.name)))
      edits.push({ start, end, text: '' })
    } else if (type === 'ExportDefaultDeclaration') {
      exported.push(`default:${code.slice(declaration.start, declaration.end)}`)
      edits.push({ start, end, text: '' })
    }
  }
  visit(tree, (node) => {
    if (node.type === 'ImportExpression') {
      const { start, end, source } = node
      edits.push({ start, end, text: `Promise.resolve().then(()=>require(${source.raw}))` })
    } else if (isRequire(node)) {
      edits.push({ start: node.start, end: node.end, text: 'require' })
      return false
    } else if (isPackage(node)) {
      // A function in parentheses is compiled at once, and not looked through first and compiled when it is called.
      const { key, value } = node.arguments[0].properties[0]
      edits.push(
        { start: key.end, end: value.start, text: ':(function' },
        { start: value.end, end: value.end, text: ')' },
      )
      if (/^node_modules\/mqtt(-packet)?\//.test(key.value)) edits.push(...silenced(value))
    }
  })
  const body = edited(code, edits).replaceAll('__importMetaUrl', 'require("node:url").pathToFileURL(__filename).href')
  const tail = exported.length === 0 ? '' : `module.exports={${exported}};`
  return `${heads.join('')}${body}${tail}`.replace(/[^\0-\x7f]/g, escaped)
}

/** Calls `require` for what a statement of import names. */
function requirement(specifiers, call) {
  const whole = specifiers.filter(({ type }) => type !== 'ImportSpecifier')
  const parts = specifiers.filter(({ type }) => type === 'ImportSpecifier')
  const statements = whole.map(({ local }) => `const ${local.name}=${call};`)
  if (parts.length > 0) {
    statements.push(`const {${parts.map(({ imported, local }) => property(imported.name, local.name))}}=${call};`)
  }
  return statements.join('') || `${call};`
}

function property(name, value) {
  return name === value ? name : `${name}:${value}`
}

/** `createRequire(import.meta.url)`: the `require` that is there needs no URL made, which takes long at a start. */
function isRequire({ type, callee, arguments: [argument] = [] }) {
  if (type !== 'CallExpression' || argument?.name !== '__importMetaUrl') return false
  return (callee.expressions?.at(-1) ?? callee).property?.name === 'createRequire'
}

/** A package of CommonJS: `__commonJS({"path"(exports,module){…}})`. */
function isPackage({ type, callee, arguments: [argument] = [] }) {
  return type === 'CallExpression' && callee.name === '__commonJS' && argument.properties[0].method
}

/** Takes out what a file of MQTT.js or mqtt-packet tells `debug`, which is a stand-in. */
function silenced(file) {
  const edits = []
  visit(file, (node) => {
    if (!isLog(node)) return true
    edits.push({ start: node.start, end: node.end, text: '0' })
    return false
  })
  return edits
}

/** `this.log(…)`, `client.log(…)` or `debug(…)`. */
function isLog({ type, callee }) {
  if (type !== 'CallExpression') return false
  if (callee.type === 'Identifier') return /^_?debug\d*$/.test(callee.name)
  const { object, property } = callee
  return (
    property?.type === 'Identifier' &&
    property.name === 'log' &&
    (object.type === 'ThisExpression' || (object.property ?? object).name === 'client')
  )
}

/** @param see looks at a node; what is beneath one that it returns false for is passed over. */
function visit(node, see) {
  if (typeof node.type === 'string' && see(node) === false) return
  for (const value of Object.values(node)) if (typeof value === 'object' && value !== null) visit(value, see)
}

/** @param edits of parts that don't overlap. */
function edited(code, edits) {
  let result = ''
  let at = 0
  for (const { start, end, text } of edits.sort((one, other) => one.start - other.start)) {
    result += code.slice(at, start) + text
    at = end
  }
  return result + code.slice(at)
}

/** What is left after `charset: 'ascii'` stands in regular expressions and comments. */
function escaped(codeUnit) {
  return `\\u${codeUnit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** yargs has its parser beside a layer for translations and files, which nobody here asks for. */
function parserOfYargs() {
  return {
    name: 'parser of yargs',
    setup({ onResolve }) {
      onResolve({ filter: /\/platform-shims\/esm\.mjs$/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, path),
        sideEffects: false,
      }))
    },
  }
}

/** In place of what MQTT.js loads at every start and what is never asked for here, or only for a part of what it has. */
const STAND_INS = {
  // DEBUG is taken out of the environment: packets have passwords.
  debug: 'module.exports=()=>Object.assign(()=>{},{enabled:false})',
  // Keeps topic aliases of what MQTT.js publishes, which is nothing.
  'lru-cache': 'exports.LRUCache=class extends Map{constructor(){super()}}',
  // Copies what MQTT.js publishes.
  'rfdc/default': 'module.exports=structuredClone',
  // Take messages, and the end of their delivery: neither comes to MQTT.js.
  './publish': 'exports.default=()=>{}',
  './pubrel': 'exports.default=()=>{}',
  // Everything is CommonJS in the end; Node's loader of modules would come with it.
  'node:module': 'exports.createRequire=()=>require',
  // Has streams, and much else that the parser of packets does not need.
  bl: 'module.exports=require("./src/mqtt/chunk-list.ts").chunkList',
}

function standIns() {
  return {
    name: 'stand-ins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(bl|debug|lru-cache|node:module|module|rfdc\/default)$/ }, ({ path }) => ({
        path: path === 'module' ? 'node:module' : path,
        namespace: 'stand-in',
      }))
      onResolve({ filter: /^\.\/(publish|pubrel)$/ }, ({ path, importer }) =>
        importer.endsWith('/mqtt/build/lib/handlers/index.js') ? { path, namespace: 'stand-in' } : undefined,
      )
      // Whoever loads one wants the version, and gets no more.
      onLoad({ filter: /\/package\.json$/ }, ({ path }) => {
        const { version } = JSON.parse(readFileSync(path, 'utf8'))
        return { contents: JSON.stringify({ version }), loader: 'json' }
      })
      onLoad({ filter: /./, namespace: 'stand-in' }, ({ path }) => ({ contents: STAND_INS[path], resolveDir: root }))
    },
  }
}

/** What nearly every run needs behind main.ts: a file more to open takes longer than the code in it. */
const CLIENT = [
  'src/mqtt/client-options.ts',
  'src/mqtt/tls-options.ts',
  'src/mqtt/session.ts',
  'src/mqtt/publisher.ts',
  'src/mqtt/publish-header.ts',
  'src/commands/pub-message.ts',
]

/** `tmqtt.cjs`, `client.cjs` and what is loaded on demand, each with paths relative to it. */
async function buildProgram() {
  const { outputFiles, metafile } = await build({
    ...bundling,
    entryPoints: { tmqtt: 'src/main.ts' },
    format: 'esm',
    splitting: true,
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    write: false,
    metafile: true,
  })
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]))
  const chunks = new Map()
  for (const { path, text } of outputFiles) chunks.set(basename(path), commonJs(text))
  const core = closureOf(['tmqtt.cjs'], outputs)
  const named = (...files) =>
    [...outputs].filter(([, output]) => files.includes(output.entryPoint)).map(([name]) => name)
  const [pub] = named('src/commands/pub.ts')
  const client = closureOf([...named(...CLIENT), pub], outputs).filter((name) => name !== pub && !core.includes(name))
  const homes = new Map([...core.map((name) => [name, 'tmqtt.cjs']), ...client.map((name) => [name, 'client.cjs'])])
  const files = new Map([...chunks].filter(([name]) => !homes.has(name)))
  files.set('tmqtt.cjs', `${joined(core, chunks)}exports["tmqtt.cjs"];`)
  files.set('client.cjs', joined(client, chunks))

  const folder = join(root, 'dist')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const [name, code] of files) writeFileSync(join(folder, name), atHome(code, homes))
  await markCalled(folder)
  keepMetafile('program', metafile)
}

/** Names of the files that these load as soon as they are loaded themselves, and theirs. */
function closureOf(names, outputs) {
  const all = new Set(names)
  for (const name of all) {
    for (const { path, kind } of outputs.get(name).imports) {
      if (kind === 'import-statement' && !path.startsWith('node:') && outputs.has(basename(path)))
        all.add(basename(path))
    }
  }
  return [...all]
}

/** One file of several, each run when it is first asked for by its name. */
function joined(names, chunks) {
  const pieces = names.map(
    (name) => `piece(${JSON.stringify(name)},(function(exports,module){${chunks.get(name)}\n}));\n`,
  )
  return `const piece=(name,run)=>{let module;Object.defineProperty(exports,name,{get(){if(module===undefined){module={exports:{}};run(module.exports,module)}return module.exports}})};\n${pieces.join('')}`
}

/** Code that asks for others in the files where they are now. */
function atHome(code, homes) {
  return code.replace(/require\("\.\/([\w-]+\.cjs)"\)/g, (call, name) =>
    homes.has(name) ? `require("./${homes.get(name)}")[${JSON.stringify(name)}]` : call,
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildProgram()
