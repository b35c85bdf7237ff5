/**
 * What the executable begins with: runs the program that it carries, with the code that V8 has compiled for the command
 * when the executable was made.
 *
 * A worker thread begins with the same, out of an address that holds this text, since an executable has no file that a
 * thread could load.
 *
 * @param caches the commands that there is such code for; the first serves all others, too.
 */
export function start(caches, isWorker) {
  const builtin = process.getBuiltinModule
  const { getRawAsset } = builtin('node:sea')
  const { createRequire } = builtin('node:module')
  const { Script } = builtin('node:vm')
  const asset = (name) => Buffer.from(getRawAsset(name))
  const { argv, execPath } = process

  // Node names the file of a thread in front of its arguments; here is none.
  if (isWorker) argv.splice(1, 0, execPath)

  const command = argv.length < 3 || argv.includes('--help') || argv[2].startsWith('-') ? 'help' : argv[2]
  const cache = caches.includes(command) ? command : caches[0]
  const script = new Script(
    // ASCII, which is read faster as Latin 1.
    asset('program').latin1Slice(),
    { filename: execPath, ...(cache === undefined ? {} : { cachedData: asset(cache) }) },
  )
  const text = `(${start})(${JSON.stringify(caches)}, true)`
  const module = { exports: {}, url: `data:text/javascript,${encodeURIComponent(text)}` }
  script.runInThisContext()(module.exports, createRequire(execPath), module, execPath, '')
}
