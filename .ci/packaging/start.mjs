/**
 * What the executable begins with: runs the program out of the pieces that it carries, with the code that V8 has
 * compiled for the command when the executable was made. It has nothing but what is in it and what Node has built in.
 *
 * @param asset reads what the executable carries, by its name.
 * @param caches by the word that a command line begins with, the pieces that there is compiled code for; the first serves
 * all other commands, too.
 * @returns the scripts of the pieces that have been loaded, by their names.
 */
export function start(asset, caches, isWorker) {
  const builtin = process.getBuiltinModule
  const { Script } = builtin('node:vm')
  const { argv, execPath } = process
  const modules = new Map()
  const scripts = new Map()

  // Node names the file of a thread in front of its arguments; here is none.
  if (isWorker) argv.splice(1, 0, execPath)

  const command = argv.length < 3 || argv.includes('--help') || argv[2].startsWith('-') ? 'help' : argv[2]
  const cache = command in caches ? command : Object.keys(caches)[0]

  const load = (name) => {
    if (modules.has(name)) return modules.get(name).exports
    const module = { exports: {} }
    modules.set(name, module)
    const cachedData = caches[cache]?.includes(name) ? asset(`${cache}/${name}`) : undefined
    // It is ASCII, which is read faster as Latin 1.
    const script = new Script(asset(name).latin1Slice(), { filename: `${execPath}/${name}`, cachedData })
    scripts.set(name, script)
    script.runInThisContext()(module.exports, requirePiece, module, execPath, '')
    return module.exports
  }

  const requirePiece = (name) => {
    if (name.startsWith('./')) return load(name.slice(2))
    return name === 'node:worker_threads' ? threads() : builtin(name)
  }

  // A thread can load no file of an executable: it begins as this did, by an address that holds this text.
  const threads = () => {
    const { Worker, ...others } = builtin('node:worker_threads')
    const text = `(${start})(${asset}, ${JSON.stringify(caches)}, true)`
    class Thread extends Worker {
      constructor(_file, options) {
        super(new URL(`data:text/javascript,${encodeURIComponent(text)}`), options)
      }
    }
    return { ...others, Worker: Thread }
  }

  load('tmqtt.cjs')
  return scripts
}
