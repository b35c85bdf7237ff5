// Makes executables that need no Node: `npm run package -- [--out FOLDER] [PLATFORM…]`, of all platforms by default.
//
// They heed no NODE_OPTIONS, which are for programs that have their Node from elsewhere; with --heed-node-options, for
// a look into them, they do.
//
// Into a binary of Node go the program and, for the platform of this machine, the code that V8 has compiled for it.
//
// pkg and its Node are no dependencies of the project, but pinned in .ci/packaging and installed when this runs first:
// pkg refuses Node 20, so that `npm ci` would warn of it, or fail (engine-strict), and would take a third longer; and a
// Node among the dependencies becomes the `node` of all npm scripts.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { assetsOf, writePieces } from './packaging/assets.mjs'
import { makeCaches } from './packaging/caches.mjs'
import { licenseOfNode, nodeOf } from './packaging/nodes.mjs'
import { root, run } from './packaging/run.mjs'
import { start } from './packaging/start.mjs'
import { host, targets } from './packaging/targets.mjs'

const packaging = join(root, '.ci/packaging')
/** Where pkg looks for binaries of Node, too. */
const work = join(root, 'build/packaging')

/** How the executable reads what it carries. */
const asset = "(name) => Buffer.from(process.getBuiltinModule('node:sea').getRawAsset(name))"

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string', default: join(root, 'build/executables') },
      'heed-node-options': { type: 'boolean' },
    },
  })
  await packageFor(wanted(positionals), resolve(values.out), values['heed-node-options'] ? 'env' : 'none')
} catch (error) {
  process.stderr.write(`package: ${error.message}\n`)
  process.exitCode = 1
}

function wanted(names) {
  if (host === undefined) throw new Error(`executables cannot be made on ${process.platform}-${process.arch}`)
  if (names.length === 0) return targets
  return names.map((name) => {
    const target = targets.find((each) => each.name === name)
    if (target === undefined) throw new Error(`${name}: no such platform; there are ${targets.map(nameOf).join(', ')}`)
    return target
  })
}

function nameOf({ name }) {
  return name
}

/** @param options where the executables take options of Node from, as Node's execArgvExtension. */
async function packageFor(wanted, out, options) {
  mkdirSync(out, { recursive: true })
  mkdirSync(work, { recursive: true })
  for (const name of ['SHA256SUMS', ...targets.map(({ file }) => file)]) rmSync(join(out, name), { force: true })

  const node = nodeOf(host, work)
  installPkg()
  const [pieces, caches] = [join(work, 'pieces'), join(work, 'caches')]
  writePieces(pieces)
  rmSync(caches, { recursive: true, force: true })
  const sums = []
  for (const target of wanted) {
    nodeOf(target, work)
    const names = target === host ? await makeCaches(node, pieces, caches) : []
    const output = join(out, target.file)
    bake(node, target, output, assetsOf(pieces, names, caches), options)
    sums.push(`${createHash('sha256').update(readFileSync(output)).digest('hex')}  ${target.file}\n`)
  }
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))
  const licenses = [join(root, 'LICENSE'), join(root, 'dist/LICENSES.txt'), licenseOfNode(work)]
  writeFileSync(
    join(out, 'LICENSES.txt'),
    licenses.map((path) => readFileSync(path, 'utf8')).join(`\n${'='.repeat(80)}\n\n`),
  )
  process.stdout.write(`${wanted.map(({ file }) => join(out, file)).join('\n')}\n`)
}

function installPkg() {
  const installed = join(packaging, 'node_modules/.package-lock.json')
  const lock = join(packaging, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: packaging })
}

function bake(node, { name }, output, { assets, compiled }, options) {
  const main = join(work, 'main.cjs')
  writeFileSync(main, `${start}\nstart(${asset}, ${JSON.stringify(compiled)}, false)\n`)
  const args = [main, ...name.split('-'), output, JSON.stringify(assets), options]
  const env = { ...process.env, HOME: work, USERPROFILE: work }
  process.stderr.write(run(node, [join(packaging, 'bake.cjs'), ...args], { env }))
}
