import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { certificates } from '../support/certificates.ts'
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts'
import { lengthPrefixed, packet, publishPacket, withLength } from '../support/packets.ts'
import { runCli } from '../support/run.ts'
import { spawnShell, spawnTmqtt } from '../support/spawn.ts'
import { allScenarios } from './all-scenarios.ts'
import { knownMosquitto } from './known-broker.ts'
import { limits } from './limits.ts'
import { carriesEveryQos, run } from './scenarios.ts'

const user = { username: 'joe', password: 'p w' }

describe.skipIf(!hasMosquitto)('mosquitto', () => {
  allScenarios({
    limits: limits.mosquitto,
    start: knownMosquitto,
    listeners: async () => {
      const { ca, server } = await certificates()
      return (await startMosquitto({ tls: { ...server, cafile: ca }, websocket: true })).urls
    },
    user,
    guarded: async () => (await startMosquitto({ password: user })).urls.tcp,
  })

  describe.each(['31', '311', '5'])('with -V %s', (version) => {
    it('is reached over TLS with a client certificate', async () => {
      const { ca, server, client } = await certificates()
      const { urls } = await startMosquitto({ tls: { ...server, cafile: ca, requireClientCertificate: true } })
      const identity = ['--cert', client.certfile, '--key', client.keyfile]
      await carriesEveryQos(['-L', urls.tls, '-V', version, '--cafile', ca, ...identity])
    })

    it('is reached over a unix socket', async () => {
      const { unixSocket } = await startMosquitto({ unixSocket: true })
      await carriesEveryQos(['--unix', unixSocket, '-V', version])
      await carriesEveryQos(['-L', `unix:${unixSocket}`, '-V', version])
    })
  })

  it.each([4, 5])(
    'takes a new QoS 2 message where an earlier client has left one half sent, level %d',
    async (level) => {
      const { urls, ports, waitForLog } = await startMosquitto()
      const left = connect(ports.tcp, '127.0.0.1')
      const expiry = level === 5 ? withLength([0x11, 0, 0, 1, 0]) : []
      left.write(packet('CONNECT', 0, lengthPrefixed('MQTT'), [level, 0, 0, 60], expiry, lengthPrefixed('x')))
      left.write(
        publishPacket({ topic: 't', payload: 'old', qos: 2, ...(level === 5 ? { properties: Buffer.alloc(0) } : {}) }),
      )
      await waitForLog('Sending PUBREC to x')
      left.destroy()
      const subscriber = runCli(['sub', '-L', urls.tcp, '-t', 't', '-C', '2'])
      await waitForLog(/: \S+ 0 t$/m)
      const expires = level === 5 ? ['-x', '256'] : []
      await run(['pub', '-L', urls.tcp, '-c', '-i', 'x', ...expires, '-t', 't', '-q', '2', '-m', 'new'])
      expect(await subscriber.exit).toBe(0)
      expect(subscriber.stdout.toString()).toBe('old\nnew\n')
    },
  )

  it.each(['311', '5'])('loses no line of pub -l at QoS 2 with the limits it has by itself, -V %s', async (version) => {
    // 20 messages in flight and 1000 queued; before MQTT 5 it has no way to say so.
    const { urls, waitForLog } = await startMosquitto({ config: ['max_queued_messages 1000'] })
    const lines = Array.from({ length: 200 }, (_, at) => `line ${at}\n`).join('')
    const subscriber = runCli(['sub', '-L', urls.tcp, '-t', 't'])
    await waitForLog(/: \S+ 0 t$/m)
    await run(['pub', '-L', urls.tcp, '-V', version, '-t', 't', '-q', '2', '-l'], { stdin: lines })
    await run(['pub', '-L', urls.tcp, '-t', 't', '-m', 'end'])
    expect(await subscriber.waitForStdout('end\n')).toBe(`${lines}end\n`)
  })

  it.skipIf(process.platform !== 'linux')(
    'takes 200,000 lines at QoS 1, all acknowledged, with tmqtt below 150 MB',
    async () => {
      const count = 200_000
      const { ports, urls, waitForLog } = await startMosquitto({ quiet: true })
      const subscribe = (clientId: string, ...args: string[]) => {
        const subscriber = spawnTmqtt(['sub', '-L', urls.tcp, '-t', 'a', '-i', clientId, ...args])
        return waitForLog(`: ${clientId} 0 a\n`).then(() => subscriber)
      }
      const subscriber = await subscribe('all', '-C', String(count))
      // Standard input stays open behind the lines, so that the process can be looked at when all are delivered.
      const publisher = spawnShell(
        `set -o pipefail
        { yes | head -n ${count}; cat; } | sh -c 'echo $$ >&2; exec tmqtt pub -l -t a -q 1'`,
        { TMQTT_HOST: '127.0.0.1', TMQTT_PORT: String(ports.tcp) },
      )
      expect(await subscriber.exited).toEqual({ code: 0, signal: null })
      expect(subscriber.stdout.equals(Buffer.from('y\n'.repeat(count)))).toBe(true)
      const pid = publisher.stderr.trim()
      const peakKb = Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
      expect(peakKb).toBeLessThan(150_000)

      // Nothing comes between them and the next line.
      const next = await subscribe('next')
      publisher.stdin.end('last\n')
      expect(await publisher.exited).toEqual({ code: 0, signal: null })
      expect(publisher.stderr.trim()).toBe(pid)
      expect(await next.nextLine()).toBe('last')
    },
  )
})
