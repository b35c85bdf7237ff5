import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { knownAedes } from '../brokers/known-broker.ts'
import { startLink } from '../support/link.ts'
import { publishPacket } from '../support/packets.ts'
import { type Peer, startScriptedBroker } from '../support/scripted-peer.ts'
import { spawnShell } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const slowReader = fileURLToPath(new URL('../perf/slow-reader.mjs', import.meta.url))

const LINES = 150_000
const LINE = 1000
/** What the slow side takes, in bytes/s: a fifth of what the other side could. */
const RATE = 40_000_000

/** Environment in which a program leaves the most memory that it had, in KiB, in a file. */
function measured(): { readonly NODE_OPTIONS: string; readonly peakKiB: () => number } {
  const directory = temporaryDirectory()
  const file = directory.file('peak')
  const hook = `process.on('exit', () => {
    if (process.title === 'tmqtt') require('node:fs').writeFileSync('${file}', String(process.resourceUsage().maxRSS))
  })`
  const NODE_OPTIONS = `--require ${directory.write('peak.cjs', hook)}`
  return { NODE_OPTIONS, peakKiB: () => Number(readFileSync(file, 'utf8')) }
}

describe('memory stays flat', () => {
  it.each(['0', '1', '2'])('while the broker takes less than pub -l has, at QoS %s', async (qos) => {
    const broker = await knownAedes()
    const link = await startLink(broker.port)
    link.limit(RATE)
    const { NODE_OPTIONS, peakKiB } = measured()
    const lines = `yes ${'x'.repeat(LINE - 1)} | head -n ${LINES}`
    const pipeline = spawnShell(`${lines} | tmqtt pub -L ${link.urls.tcp} -t t -l -q ${qos} -M 1000`, { NODE_OPTIONS })
    expect(await pipeline.exited, pipeline.stderr).toEqual({ code: 0, signal: null })
    expect(peakKiB()).toBeLessThan(150 * 1024)
  })

  it.each([0, 1])('while the reader takes less than sub gets, at QoS %d', async (qos) => {
    const server = await startScriptedBroker()
    const { NODE_OPTIONS, peakKiB } = measured()
    const pipeline = spawnShell(
      `tmqtt sub -L ${server.url} -t t -q ${qos} -C ${LINES} | ${process.execPath} ${slowReader} ${RATE}`,
      { NODE_OPTIONS },
    )
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(qos)
    await flood(peer, qos)
    expect(await pipeline.exited, pipeline.stderr).toEqual({ code: 0, signal: null })
    expect(pipeline.stdout.toString()).toBe(`${LINES}\n`)
    expect(peakKiB()).toBeLessThan(150 * 1024)
  })
})

/** Sends as fast as the connection takes it, whatever is acknowledged. */
async function flood(peer: Peer, qos: number): Promise<void> {
  const { socket } = peer
  socket.on('error', () => {})
  for (let sent = 0; sent < LINES && !socket.destroyed; sent += 100) {
    const packets = Array.from({ length: 100 }, (_, at) =>
      publishPacket({ topic: 't', payload: 'x'.repeat(LINE - 1), qos, packetId: 1 + ((sent + at) % 0xffff) }),
    )
    if (!socket.write(Buffer.concat(packets))) await Promise.race([once(socket, 'drain'), peer.closed])
  }
}
