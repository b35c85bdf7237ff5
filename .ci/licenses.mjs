// The licences of the packages that the bundle holds, which want to come along with it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the text is, for packages that only name their licence. */
const TEXTS = { 'Apache-2.0': 'node_modules/typescript/LICENSE' }

/**
 * Writes them all into one file.
 *
 * @param metafile what esbuild says of its build, with paths below the current folder.
 * @throws Error for a package whose licence is not found.
 */
export function writeLicenses(metafile, path) {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs))
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []))
  const sections = [...folders].map(sectionOf).sort()
  const head = 'tmqtt contains these packages, or parts of them, each under its own licence.\n'
  writeFileSync(path, [head, ...sections].join(`\n${'-'.repeat(80)}\n\n`))
}

function sectionOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)(\.|$)/i.test(name))
  const path = file === undefined ? TEXTS[license] : join(folder, file)
  if (path === undefined) throw new Error(`${folder}: no text of its licence, ${license}`)
  return `${name} ${version} (${license})\n\n${readFileSync(path, 'utf8').replaceAll('\r', '').trim()}\n`
}

writeLicenses(JSON.parse(readFileSync('build/meta.json', 'utf8')), 'dist/LICENSES.txt')
