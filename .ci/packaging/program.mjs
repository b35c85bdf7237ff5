// The program as the executable carries it.
import { writeFileSync } from 'node:fs'
import { build } from 'esbuild'
import { root } from './run.mjs'

/** The executable says what worker threads run: they cannot load it. */
const addressOfProgram = {
  name: 'address of the program',
  setup({ onLoad }) {
    onLoad({ filter: /\bsrc.program\.ts$/ }, () => ({ contents: 'export const program = new URL(module.url)' }))
  },
}

/** Writes it into one file: a function like those that Node makes of the files of CommonJS. */
export async function bundle(path) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'warning',
    supported: { 'dynamic-import': false },
    alias: {
      'string-width': './src/terminal/string-width.ts',
      'readable-stream': 'node:stream',
      'worker-timers': 'node:timers',
      'process-nextick-args': 'node:process',
    },
    loader: { '.iife.min.js': 'text', '.inline.js': 'text', '.css': 'text' },
    define: { 'import.meta.url': '__importMetaUrl' },
    banner: { js: 'const __importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
    plugins: [addressOfProgram],
    write: false,
  })
  writeFileSync(path, `(function (exports, require, module, __filename, __dirname) {${outputFiles[0].text}\n})`)
}
