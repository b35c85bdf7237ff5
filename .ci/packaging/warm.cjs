// node warm.cjs PROGRAM CACHE [ARGUMENTS]: runs the program, and writes down the code that V8 has compiled for it by
// then. Run by the Node that is to use it.
const { readFileSync, writeFileSync } = require('node:fs')
const { Script } = require('node:vm')

const [, program] = process.argv.splice(1, 2)
const [, cache] = process.argv
const script = new Script(readFileSync(program, 'latin1'), { filename: program })
process.once('exit', (code) => code || writeFileSync(cache, script.createCachedData()))
script.runInThisContext()({}, require, { url: 'data:,' }, __filename, '')
