import type { Body, Command, Heading } from './command.ts'

/** A command of the list. Its file is loaded on demand: at most starts one of them is enough. */
export interface Entry extends Heading {
  load(): Promise<Command>
}

/** All commands, in the order of --help. */
export const entries: readonly Entry[] = [
  entry('pub', 'publish messages', async () => (await import('./pub.ts')).pub),
  entry('sub', 'subscribe to topics and print messages', async () => (await import('./sub.ts')).sub),
  entry('rr', 'publish a request and print the answer', async () => (await import('./rr.ts')).rr),
  entry('reply', 'answer requests', async () => (await import('./reply.ts')).reply),
  entry(
    'bench conn',
    'measure how many connections a broker takes, and how fast',
    async () => (await import('./bench/conn.ts')).benchConn,
  ),
  entry('bench pub', 'measure how fast a broker takes messages', async () => (await import('./bench/pub.ts')).benchPub),
  entry(
    'bench sub',
    'measure how fast a broker delivers what others publish',
    async () => (await import('./bench/sub.ts')).benchSub,
  ),
  entry(
    'bench flow',
    'measure latency and loss from publishers to subscribers',
    async () => (await import('./bench/flow.ts')).benchFlow,
  ),
  entry(
    'bench compare',
    'say whether one run is worse than another',
    async () => (await import('./bench/compare.ts')).benchCompare,
  ),
  entry(
    'bench merge',
    'add up the parts of a run that several processes have made',
    async () => (await import('./bench/merge.ts')).benchMerge,
  ),
  entry('bench selftest', 'prove that bench reports what happens', async () =>
    (await import('./bench/selftest.ts')).benchSelftest(async () => (await import('../bench/run.ts')).runBench),
  ),
  entry('check', 'check what a broker can do', async () => (await import('./check.ts')).check),
  entry('expect', 'check what messages come', async () => (await import('./expect.ts')).expect),
  entry(
    'retain-clear',
    'find and clear retained messages',
    async () => (await import('./retain/clear.ts')).retainClear,
  ),
  entry('retain list', 'list retained messages', async () => (await import('./retain/list.ts')).retainList),
  entry('retain diff', 'compare the retained messages of two brokers', async () =>
    (await import('./retain/diff.ts')).retainDiff(loadCommands),
  ),
  entry('broker', 'run a small broker to try things with', async () => (await import('./broker.ts')).broker),
  entry('profile', 'list, show and check profiles', async () =>
    (await import('./profile.ts')).profileCommand(loadCommands),
  ),
  entry('cheat', 'print the ten most useful lines', async () => (await import('./cheat.ts')).cheat),
  entry('completion', 'complete commands and options in the shell', async () =>
    (await import('./completion.ts')).completionCommand(loadCommands),
  ),
]

/** Loads all commands, in the order of --help. */
export async function loadCommands(): Promise<readonly Command[]> {
  return await Promise.all(entries.map(({ load }) => load()))
}

function entry(name: string, summary: string, load: () => Promise<Body>): Entry {
  let loaded: Promise<Command> | undefined
  const complete = async () => ({ name, summary, ...(await load()) })
  return { name, summary, load: () => (loaded ??= complete()) }
}
