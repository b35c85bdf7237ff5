#!/usr/bin/env node
// Loads the bundle, with the code of the functions that an earlier run of the same command has compiled: a short run
// would spend half of its time on that. Whatever is wrong with the cache, the program runs without it.
// Not `import`: that would also load what these modules load only on demand.
const builtin = process.getBuiltinModule
const fs = builtin('node:fs')
const { createRequire } = builtin('node:module')
const { dirname, join } = builtin('node:path')
const { constants, Script } = builtin('node:vm')

/** Words behind which a second one names the command. */
const GROUPS = ['retain']

const path = join(import.meta.dirname, '../dist/tmqtt.cjs')
const file = cacheFile()
const script = load(file === undefined ? undefined : readCache(file))
const module = { exports: {} }
if (file !== undefined && script.cachedDataRejected !== false) process.once('exit', (code) => code || writeCache(file))
script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path))

/** The bundle as a function, as Node wraps modules. It is ASCII, which is read faster as Latin 1. */
function load(cachedData) {
  const source = fs.readFileSync(path, 'latin1')
  return new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: path,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
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
    const base = cacheHome?.startsWith('/') ? cacheHome : join(home || builtin('node:os').homedir(), '.cache')
    return join(base, 'tmqtt', command + help)
  } catch {
    return undefined
  }
}

/** What the cache has to be made of, so that one of another version is not used. */
function cacheKey() {
  const { size, mtimeMs } = fs.statSync(path)
  return `${process.version} ${process.arch} ${size} ${mtimeMs}\n`
}

function readCache(file) {
  try {
    if (!isOurs(dirname(file))) return undefined
    const bytes = fs.readFileSync(file)
    const end = bytes.indexOf(0x0a, 4) + 1
    // V8 checks length and version, not the content: a flipped bit would be a crash.
    if (
      bytes.toString('latin1', 4, end) !== cacheKey() ||
      bytes.readUInt32LE(0) !== builtin('node:zlib').crc32(bytes.subarray(4))
    )
      return
    return bytes.subarray(end)
  } catch {
    return undefined
  }
}

function writeCache(file) {
  const temporary = `${file}.${process.pid}.new`
  try {
    fs.mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    if (!isOurs(dirname(file))) return
    const content = Buffer.concat([Buffer.from(cacheKey(), 'latin1'), script.createCachedData()])
    const checksum = Buffer.alloc(4)
    checksum.writeUInt32LE(builtin('node:zlib').crc32(content))
    fs.writeFileSync(temporary, Buffer.concat([checksum, content]), { mode: 0o600, flag: 'wx' })
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
