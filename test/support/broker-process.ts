import { atEndOfTest } from './clean-up.ts'
import type { Wanted } from './collected.ts'
import type { Program } from './program.ts'

/** A broker in a process of its own. */
export interface BrokerProcess extends AsyncDisposable {
  /** Everything logged so far, by all runs. */
  log(): string
  /** Resolves once the log of the present run has it: `/Sending SUBACK to c1/`. */
  waitForLog(wanted: Wanted): Promise<string>
  /** By default SIGTERM. Resolves when the process is gone. SIGKILL loses what the broker hasn't saved. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same ports, after SIGTERM if it still runs; it listens when this resolves. */
  restart(): Promise<void>
  /** Without waiting for what it does. */
  signal(signal: NodeJS.Signals): void
  /** Stops answering, with all connections open. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

export interface BrokerProgram {
  readonly start: () => Program
  /** Where it logs. */
  readonly output: 'stdout' | 'stderr'
  /** What it logs when it listens. */
  readonly ready: RegExp
  readonly limitMs: number
}

/** Starts a broker; it listens when this resolves, and is stopped at the end of the test. */
export async function startBrokerProcess({ start, output, ready, limitMs }: BrokerProgram): Promise<BrokerProcess> {
  let current = start()
  let earlierLog = ''
  const waitForLog = (wanted: Wanted) =>
    output === 'stdout' ? current.waitForStdout(wanted) : current.waitForStderr(wanted)
  const untilReady = async () => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`it did not log ${ready} within ${limitMs} ms`)), limitMs)
    })
    try {
      await Promise.race([waitForLog(ready), late])
    } catch (cause) {
      throw new Error(`the broker did not start; it printed:\n${current.stdout}${current.stderr}`, { cause })
    } finally {
      clearTimeout(timer)
    }
  }
  const kill = async (signal: NodeJS.Signals = 'SIGTERM') => {
    current.kill(signal)
    await current.exited
  }
  const signal = (name: NodeJS.Signals) => current.kill(name)
  const stop = () => current.stop()
  atEndOfTest(stop)
  await untilReady()
  return {
    log: () => earlierLog + current[output].toString(),
    waitForLog,
    kill,
    async restart() {
      await kill()
      earlierLog += current[output].toString()
      current = start()
      await untilReady()
    },
    signal,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
