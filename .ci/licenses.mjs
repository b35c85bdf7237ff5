// Writes dist/LICENSES.txt: the licences of the packages that the bundles hold, which want to come along with them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the text is, for packages that only name their licence. */
const TEXTS = { 'Apache-2.0': 'node_modules/typescript/LICENSE' }

/** What esbuild says of each of the builds. */
const METAFILES = 'build/metafiles'

function sections() {
  const metafiles = readdirSync(METAFILES).map((name) => JSON.parse(readFileSync(join(METAFILES, name), 'utf8')))
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs))
  const inputs = outputs.flatMap((output) => Object.keys(output.inputs))
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []))
  return [...folders].map(sectionOf).sort()
}

/** @throws Error for a package whose licence is not found. */
function sectionOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)(\.|$)/i.test(name))
  const path = file === undefined ? TEXTS[license] : join(folder, file)
  if (path === undefined) throw new Error(`${folder}: no text of its licence, ${license}`)
  return `${name} ${version} (${license})\n\n${readFileSync(path, 'utf8').replaceAll('\r', '').trim()}\n`
}

const head = 'tmqtt contains these packages, or parts of them, each under its own licence.\n'
writeFileSync('dist/LICENSES.txt', [head, ...sections()].join(`\n${'-'.repeat(80)}\n\n`))
