// The official binaries of Node that executables are made of, by npm, in a folder as pkg keeps those that it has
// downloaded itself: it asks for no others then.
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from './run.mjs'
import { NODE_VERSION } from './targets.mjs'

/**
 * Sees to it that the binary of a target is there, as its package says.
 *
 * @param home where pkg's cache is.
 * @returns its path.
 */
export function nodeOf(target, home) {
  const name = `node-v${NODE_VERSION}-${target.name.replace('macos', 'darwin')}`
  const cache = join(home, '.pkg-cache/sea')
  const isWindows = target.name.startsWith('win')
  const binary = join(cache, isWindows ? `${name}.exe` : `${name}/bin/node`)
  const archive = join(cache, isWindows ? `${name}.zip` : `${name}.tar.gz`)
  if (existsSync(`${binary}.ok`)) return binary

  mkdirSync(dirname(binary), { recursive: true })
  const folder = mkdtempSync(join(cache, 'new-'))
  try {
    extract(target, folder)
    renameSync(join(folder, 'package/bin', isWindows ? 'node.exe' : 'node'), binary)
    chmodSync(binary, 0o755)
    if (existsSync(join(folder, 'package/LICENSE'))) renameSync(join(folder, 'package/LICENSE'), licenseOfNode(home))
  } finally {
    rmSync(folder, { recursive: true })
  }
  // pkg looks whether these exist, and not into them.
  for (const path of [archive, `${archive}.ok`, `${binary}.ok`]) writeFileSync(path, '')
  return binary
}

/** The same on all platforms, but the package for Windows lacks it. */
export function licenseOfNode(home) {
  return join(home, `LICENSE-node-${NODE_VERSION}`)
}

/** @throws Error when the package is not the one that is known. */
function extract({ node, integrity }, folder) {
  const spec = `${node}@${NODE_VERSION}`
  const name = run('npm', ['pack', '--silent', '--pack-destination', folder, spec]).trim()
  const tarball = join(folder, name)
  const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  if (found !== integrity) throw new Error(`${spec} is not what it was: ${found}`)
  run('tar', ['-xzf', tarball, '-C', folder])
}
