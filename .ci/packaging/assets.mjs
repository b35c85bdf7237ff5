// What the executable carries.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

/** Of the package, but not of the program. */
const LIBRARY = 'index.cjs'

/** Writes the pieces of the program as functions, like those that Node makes of the files of CommonJS. */
export function writePieces(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const dist = join(root, 'dist')
  for (const name of readdirSync(dist).filter((name) => name.endsWith('.cjs') && name !== LIBRARY)) {
    const code = readFileSync(join(dist, name), 'latin1')
    const whole = `(function (exports, require, module, __filename, __dirname) {${code}\n})`
    writeFileSync(join(folder, name), whole, 'latin1')
  }
}

/**
 * All files of these folders by their names: in the first the pieces, in the others compiled code, named after its folder.
 *
 * @returns paths by name, and what `start` wants to know of the caches.
 */
export function assetsOf(pieces, caches, folder) {
  const assets = Object.fromEntries(readdirSync(pieces).map((name) => [name, join(pieces, name)]))
  const compiled = Object.fromEntries(caches.map((cache) => [cache, readdirSync(join(folder, cache))]))
  for (const [cache, names] of Object.entries(compiled))
    for (const name of names) assets[`${cache}/${name}`] = join(folder, cache, name)
  return { assets, compiled }
}
