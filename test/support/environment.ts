import type { Environment } from './program.ts'
import { temporaryDirectory } from './temporary.ts'

/** What a child needs of our environment. The rest (proxies, colours, CA files, TMQTT_…) would change what it does. */
const needed = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'LANG', 'NODE_V8_COVERAGE', 'XDG_CACHE_HOME']

/** A bare environment with an empty HOME, so that no configuration file is found; `extra` goes over it. */
export function bareEnvironment(extra: Environment = {}): Environment {
  const kept = needed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  return { ...Object.fromEntries(kept), HOME: extra.HOME ?? temporaryDirectory().path, ...extra }
}
