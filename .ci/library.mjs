// Builds what `import 'tmqtt'` loads: dist/index.cjs, one file for import and require, and the declarations of what it
// exports, which need no other package's.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { keepMetafile } from './licenses.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/** What MQTT.js logs by DEBUG has passwords in it. */
const silence = {
  name: 'silence',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'silence' }))
    onLoad({ filter: /^/, namespace: 'silence' }, () => ({ contents: 'module.exports = () => () => {}' }))
  },
}

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/library/index.ts'],
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  outfile: 'dist/index.cjs',
  // Not minified: an uncaught error shows the line that it comes from.
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [silence],
  supported: { 'dynamic-import': false },
  alias: {
    'readable-stream': 'node:stream',
    'worker-timers': 'node:timers',
    'process-nextick-args': 'node:process',
  },
  metafile: true,
})
keepMetafile('library', metafile)

const out = mkdtempSync(join(tmpdir(), 'tmqtt-declarations-'))
try {
  emit(out)
  // The entry, and what it imports; the compiler writes declarations of all that is beneath, too.
  copy(join(out, 'library/index.d.ts'), new Set())
} finally {
  rmSync(out, { recursive: true })
}

function emit(outDir) {
  const tsc = join(root, 'node_modules/.bin/tsc')
  const project = join(outDir, 'tsconfig.json')
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir,
    rootDir: join(root, 'src'),
  }
  const typeRoots = [join(root, 'node_modules/@types')]
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { ...compilerOptions, typeRoots },
      include: [],
      files: [join(root, 'src/library/index.ts')],
    }),
  )
  const { status, stdout, stderr } = spawnSync(tsc, ['-p', project], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`tsc: ${stdout}${stderr}`)
}

function copy(path, done) {
  if (done.has(path)) return
  done.add(path)
  const text = readFileSync(path, 'utf8').replace(/(?<=from ')(\.[^']*)\.ts(?=')/g, (_, target) => {
    copy(join(dirname(path), `${target}.d.ts`), done)
    return `./${basename(target)}.cjs`
  })
  writeFileSync(join(dist, basename(path).replace('.d.ts', '.d.cts')), text)
}
