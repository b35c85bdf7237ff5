// Writes dist/LICENSES.txt: the licences of the packages that the bundles hold, which want to come along with them.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the text is, for packages that only name their licence. */
const TEXTS = { 'Apache-2.0': 'node_modules/typescript/LICENSE' }

const root = fileURLToPath(new URL('..', import.meta.url))

/** Where each build leaves what esbuild says of it. */
const metafiles = join(root, 'build/metafiles')

/** To be called by each build, under a name of its own, before the licences are written. */
export function keepMetafile(name, metafile) {
  mkdirSync(metafiles, { recursive: true })
  writeFileSync(join(metafiles, `${name}.json`), JSON.stringify(metafile))
}

function sections() {
  const builds = readdirSync(metafiles).map((name) => JSON.parse(readFileSync(join(metafiles, name), 'utf8')))
  const outputs = builds.flatMap((metafile) => Object.values(metafile.outputs))
  const inputs = outputs.flatMap((output) => Object.keys(output.inputs))
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []))
  return [...folders].map(sectionOf).sort()
}

/** @throws Error for a package whose licence is not found. */
function sectionOf(path) {
  const folder = join(root, path)
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)(\.|$)/i.test(name))
  const text = file === undefined ? TEXTS[license] : join(path, file)
  if (text === undefined) throw new Error(`${path}: no text of its licence, ${license}`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(root, text), 'utf8').replaceAll('\r', '').trim()}\n`
}

function writeLicenses() {
  const head = 'tmqtt contains these packages, or parts of them, each under its own licence.\n'
  writeFileSync(join(root, 'dist/LICENSES.txt'), [head, ...sections()].join(`\n${'-'.repeat(80)}\n\n`))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeLicenses()
