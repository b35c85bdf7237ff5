import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from './world.ts'

/** Where Debian has it. */
const faketime = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path))

/** What can happen between and to client and broker while messages flow. */
export const faults: readonly Fault[] = [
  {
    name: 'the broker is killed and started again',
    saves: true,
    // mosquitto acknowledges before it saves: what it has not saved yet must not be its own loss.
    async strike({ broker, link, settled }) {
      link.freeze()
      await settled()
      await broker.kill('SIGKILL')
      link.cut()
      link.thaw()
      await broker.restart()
    },
  },
  {
    name: 'the broker is stopped for a while',
    async strike({ broker }) {
      broker.pause()
      // Neither gives a sign: the time itself is what is tested, here and below.
      await delay(700)
      broker.resume()
    },
  },
  {
    name: 'the connection is cut, three times',
    async strike({ link }) {
      for (let cuts = 1; cuts <= 3; cuts++) {
        const { connections } = link
        link.cut()
        while (link.connections === connections) await delay(10)
      }
    },
  },
  {
    name: 'the network becomes a black hole',
    async strike({ link, keepAlive }) {
      const { connections } = link
      const began = performance.now()
      link.abandon()
      while (link.connections === connections) await delay(10)
      const seconds = (performance.now() - began) / 1000
      if (seconds > 1.5 * keepAlive + 2) throw new Error(`it was noticed after ${seconds} s`)
    },
  },
  {
    name: 'the client is stopped until the broker gives it up',
    async strike({ client, broker, link }) {
      client.kill('SIGSTOP')
      await broker.waitForLog('under-test has exceeded timeout')
      // The end towards the client stays until that answers: before, nobody could tell it that the broker has gone.
      while (link.ends > 1) await delay(10)
      client.kill('SIGCONT')
    },
  },
  {
    name: 'the clock jumps an hour ahead, and back',
    isPossible: faketime !== undefined,
    env: (clockFile) => ({
      LD_PRELOAD: faketime ?? '',
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_NO_CACHE: '1',
      FAKETIME_TIMESTAMP_FILE: clockFile,
    }),
    async strike({ setClock, broker }) {
      for (const offset of ['+3600', '-3600']) {
        broker.pause()
        setClock(offset)
        await delay(300)
        broker.resume()
      }
    },
  },
]
