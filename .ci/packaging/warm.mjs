// node warm.mjs PIECES CACHE [ARGUMENTS]: runs the program out of a folder as the executable does, and writes into
// another what V8 has compiled for each piece by the end. Run by the Node that is to use it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start } from './start.mjs'

const [, pieces] = process.argv.splice(1, 2)
const [, cache] = process.argv

const scripts = start((name) => readFileSync(join(pieces, name)), {}, false)
process.once('exit', (code) => {
  if (code === 0) for (const [name, script] of scripts) writeFileSync(join(cache, name), script.createCachedData())
})
