import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { bareEnvironment } from './environment.ts'
import { findProgram } from './program.ts'
import { temporaryDirectory } from './temporary.ts'

/** What chromium answers and tells: of the many fields of its protocol those that are used. */
export interface Fields {
  readonly targetId?: string
  readonly sessionId?: string
  readonly result?: { readonly value?: unknown }
  readonly exceptionDetails?: object
  readonly request?: { readonly url: string }
  readonly args?: readonly object[]
  readonly entry?: { readonly text: string }
}

interface Packet {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  readonly params?: Fields
  readonly result?: Fields
  readonly error?: { readonly message: string }
}

export interface Devtools {
  /** @throws Error with what chromium says. */
  call(method: string, params: object, sessionId?: string): Promise<Fields>
  listen(sessionId: string, listener: (method: string, params: Fields) => void): void
  stop(): Promise<void>
}

const program = findProgram('chromium')

export const hasChromium = program !== undefined

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-pipe']

/** Starts chromium with a profile of its own, to be driven through two pipes: JSON with NUL behind it. */
export function startDevtools(): Devtools {
  const home = temporaryDirectory().path
  const child = spawn(program ?? 'chromium', [...FLAGS, `--user-data-dir=${home}/profile`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    env: bareEnvironment({ HOME: home }),
    // Its helpers end with it.
    detached: true,
  })
  const [input, output] = [child.stdio[3] as Writable, child.stdio[4] as Readable]
  const calls = new Map<number, (packet: Packet) => void>()
  const listeners = new Map<string, (method: string, params: Fields) => void>()
  const exited = once(child, 'close')
  let last = 0
  let rest = ''
  input.on('error', () => {})
  output.setEncoding('utf8').on('data', (text: string) => {
    const packets = (rest + text).split('\0')
    rest = packets.pop()!
    for (const each of packets) take(JSON.parse(each) as Packet)
  })
  child.once('close', () => {
    for (const answer of calls.values()) answer({ error: { message: 'chromium has ended' } })
  })
  function take({ id, method, sessionId = '', params = {}, ...packet }: Packet): void {
    if (method !== undefined) listeners.get(sessionId)?.(method, params)
    else if (id !== undefined) {
      calls.get(id)?.(packet)
      calls.delete(id)
    }
  }
  return {
    call: (method, params, sessionId) =>
      new Promise((resolve, reject) => {
        calls.set(++last, ({ error, result }) =>
          error === undefined ? resolve(result!) : reject(new Error(`${method}: ${error.message}`)),
        )
        input.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`)
      }),
    listen: (sessionId, listener) => listeners.set(sessionId, listener),
    async stop() {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await exited
    },
  }
}
