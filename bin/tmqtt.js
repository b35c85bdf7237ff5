#!/usr/bin/env node
// Loads the program, with the code of the functions that an earlier run of the same command has compiled: a short run
// would spend half of its time on that. Whatever is wrong with the cache, the program runs without it.
const fs = require('node:fs')
const { dirname, join } = require('node:path')
const { Script } = require('node:vm')

/** Words behind which a second one names the command. */
const GROUPS = ['bench', 'retain']

/** The file of a piece of the program is loaded by its name in this folder. */
const folder = join(__dirname, '../dist')
const entry = join(folder, 'tmqtt.cjs')
/** What has been loaded: by file name, the module, its script, and whether the cache had its code. */
const pieces = new Map()

const file = cacheFile()
/** By file name, the code in the cache. */
const cache = file === undefined ? new Map() : readCache(file)
if (file !== undefined) process.once('exit', (code) => code || writeCache(file))
load('tmqtt.cjs')

/** Loads a piece of the program as Node loads modules. It is ASCII, which is read faster as Latin 1. */
function load(name) {
  const loaded = pieces.get(name)
  if (loaded !== undefined) return loaded.module.exports
  const path = join(folder, name)
  const module = { exports: {} }
  const source = fs.readFileSync(path, 'latin1')
  const cachedData = cache.get(name)
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: path,
    cachedData,
  })
  pieces.set(name, { module, script, isCached: cachedData !== undefined && !script.cachedDataRejected })
  script.runInThisContext()(module.exports, requirePiece, module, path, folder)
  return module.exports
}

function requirePiece(name) {
  return name.startsWith('./') ? load(name.slice(2)) : require(name)
}

/** A name that leads to no other folder. */
function isWord(text) {
  return /^[a-z][a-z-]{1,19}$/.test(text)
}

/** Where this command's cache is; undefined for none. Each command uses other functions. */
function cacheFile() {
  const { NODE_DISABLE_COMPILE_CACHE: isOff, XDG_CACHE_HOME: cacheHome, HOME: home } = process.env
  if (isOff || process.execArgv.length > 0) return undefined
  const [, , first = '', second = ''] = process.argv
  const words = GROUPS.includes(first) && isWord(second) ? `${first}-${second}` : first
  const command = isWord(first) ? words : 'none'
  const help = process.argv.includes('--help') ? '-help' : ''
  try {
    const base = cacheHome?.startsWith('/') ? cacheHome : join(home || require('node:os').homedir(), '.cache')
    return join(base, 'tmqtt', command + help)
  } catch {
    return undefined
  }
}

/** What the cache has to be made of, so that one of another version is not used. */
function cacheKey() {
  const { size, mtimeMs } = fs.statSync(entry)
  return `${process.version} ${process.arch} ${size} ${mtimeMs}`
}

// A cache has a line with the key, and behind it name and length of each piece; the code of each piece; and all that
// once more. V8 checks length and version of code, not the content, and a flipped bit would be a crash; the checksums
// that Node has would take longer to load than the second copy.
function readCache(file) {
  const found = new Map()
  try {
    if (!isOurs(dirname(file))) return found
    const both = fs.readFileSync(file)
    const bytes = both.subarray(0, both.length / 2)
    let start = bytes.indexOf(0x0a) + 1
    const [key, ...names] = bytes.toString('latin1', 0, start - 1).split('\t')
    if (key !== cacheKey() || !bytes.equals(both.subarray(bytes.length))) return found
    for (let at = 0; at < names.length; at += 2) {
      const end = start + Number(names[at + 1])
      found.set(names[at], bytes.subarray(start, end))
      start = end
    }
  } catch {
    // There is none.
  }
  return found
}

/** Adds to the cache what this run has loaded and not found there. */
function writeCache(file) {
  const fresh = [...pieces].filter(([, { isCached }]) => !isCached)
  if (fresh.length === 0) return
  const temporary = `${file}.${process.pid}.new`
  try {
    fs.mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    if (!isOurs(dirname(file))) return
    const all = new Map([...cache, ...fresh.map(([name, { script }]) => [name, script.createCachedData()])])
    const head = [cacheKey(), ...[...all].flatMap(([name, code]) => [name, code.length])].join('\t')
    const copy = [Buffer.from(`${head}\n`, 'latin1'), ...all.values()]
    const opened = fs.openSync(temporary, 'wx', 0o600)
    // Cheaper than to join them. Whoever reads it sees whether all was written.
    fs.writevSync(opened, [...copy, ...copy])
    fs.closeSync(opened)
    fs.renameSync(temporary, file)
  } catch {
    removeIfThere(temporary)
  }
}

function removeIfThere(file) {
  try {
    fs.unlinkSync(file)
  } catch {
    // Not even that: then nothing was written.
  }
}

/** Code from a folder that others can write to is not to be run. */
function isOurs(folder) {
  const { mode, uid } = fs.lstatSync(folder)
  return process.platform === 'win32' || (uid === process.getuid() && (mode & 0o170022) === 0o040000)
}
