import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { knownAedes } from '../brokers/known-broker.ts'
import { failureOf } from '../e2e/failure.ts'
import { certificates } from '../support/certificates.ts'
import { startLink } from '../support/link.ts'
import { readPublish } from '../support/packets.ts'
import { type Peer, startScriptedBroker } from '../support/scripted-peer.ts'
import { hasScript, spawnInTerminal, spawnShell, spawnTmqtt } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const onLinux = process.platform === 'linux'

/** A subscriber that has printed a message, and the broker's end. */
async function subscribed(start: (args: readonly string[]) => ReturnType<typeof spawnTmqtt>) {
  const server = await startScriptedBroker()
  const program = start(['sub', '-L', server.url, '-t', 't'])
  const peer = await server.connection()
  await peer.accept()
  await peer.acceptSubscribe(0)
  peer.publish({ topic: 't', payload: 'ready' })
  await program.waitForStdout('ready')
  return { program, peer }
}

describe('SIGHUP', () => {
  it('ends sub with DISCONNECT and 0', async () => {
    const { program, peer } = await subscribed(spawnTmqtt)
    program.kill('SIGHUP')
    await peer.packet('DISCONNECT')
    expect(await program.exited).toEqual({ code: 0, signal: null })
  })

  it('ends pub -l with 129', async () => {
    const server = await startScriptedBroker()
    const publisher = spawnTmqtt(['pub', '-L', server.url, '-t', 't', '-l'])
    const peer = await server.connection()
    await peer.accept()
    publisher.stdin.write('x\n')
    await peer.packet('PUBLISH')
    publisher.kill('SIGHUP')
    expect(await failureOf(publisher)).toMatchObject({
      code: 129,
      says: expect.stringContaining('interrupted by SIGHUP'),
    })
  })

  it.skipIf(!onLinux || !hasScript)('does nothing to what nohup has started from a terminal', async () => {
    const server = await startScriptedBroker()
    const directory = temporaryDirectory()
    const [out, pid] = [directory.file('out'), directory.file('pid')]
    const start = `set -m; nohup tmqtt sub -L ${server.url} -t t -q 1 -C 4 >${out} 2>/dev/null & echo $! >${pid}; wait`
    const shell = spawnShell(`script -qefc 'bash ${directory.write('start', start)}' /dev/null`)
    const peer = await server.connection()
    await peer.accept()
    await peer.acceptSubscribe(1)
    peer.publish({ topic: 't', payload: 'one' })
    await until(() => readFileSync(out, 'utf8') === 'one\n')
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGHUP')
    // It has had the signal by the time that it acknowledges the first of them.
    for (const payload of ['two', 'three', 'four']) {
      peer.publish({ topic: 't', payload, qos: 1 })
      await peer.packet('PUBACK')
    }
    await peer.packet('DISCONNECT')
    await shell.exited
    expect(readFileSync(out, 'utf8')).toBe('one\ntwo\nthree\nfour\n')
  })
})

describe('a second signal', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends at once, with %d, what waits for the broker to close', async (signal, code) => {
    const { program, peer } = await subscribed(spawnTmqtt)
    peer.socket.allowHalfOpen = true
    program.kill('SIGINT')
    await peer.packet('DISCONNECT')
    program.kill(signal)
    expect(await program.exited).toEqual({ code, signal: null })
  })
})

describe('SIGPIPE', () => {
  it('ends nothing', async () => {
    const { program, peer } = await subscribed(spawnTmqtt)
    program.kill('SIGPIPE')
    peer.publish({ topic: 't', payload: 'still there' })
    await program.waitForStdout('still there')
  })
})

describe('a program that was stopped (SIGSTOP) while the broker closed', () => {
  it.each(['tcp', 'tls', 'ws', 'wss'] as const)(
    'exits with 7 where messages at QoS 0 went into the closed connection, over %s',
    async (transport) => {
      const { ca, server } = await certificates()
      const broker = await startScriptedBroker()
      const link = await startLink(broker.port, { websocket: true, tls: { ...server, cafile: ca } })
      const trust = transport === 'tls' || transport === 'wss' ? ['--cafile', ca] : []
      const publisher = spawnTmqtt(['pub', '-L', link.urls[transport], ...trust, '-t', 't', '-l'])
      const peer = await broker.connection()
      await peer.accept()
      publisher.stdin.write('one\n')
      await peer.packet('PUBLISH')
      publisher.kill('SIGSTOP')
      publisher.stdin.write('two\nthree\n')
      publisher.stdin.end()
      peer.destroy()
      // The end towards the program stays until that answers.
      await until(() => link.ends === 1)
      await new Promise((resolve) => setImmediate(resolve))
      publisher.kill('SIGCONT')
      expect(await publisher.exited, publisher.stderr).toEqual({ code: 7, signal: null })
      // It may have begun to connect again.
      expect(publisher.stderr).toMatch(/^tmqtt pub: published 3, .*unknown [23]$/m)
      expect(publisher.stderr).toContain('may be lost')
    },
  )
})

describe('a terminal that vanishes', () => {
  it.skipIf(!hasScript)('ends sub with DISCONNECT', async () => {
    const { program, peer } = await subscribed((args) => spawnInTerminal(args, { columns: 80, rows: 20 }))
    // The terminal ends with the one who holds it.
    program.kill('SIGKILL')
    await peer.packet('DISCONNECT')
  })
})

describe('standard input', () => {
  it.each([
    { what: 'that is not there', args: '-l', redirect: '<&-', code: 0 },
    { what: 'that is empty', args: '-l', redirect: '</dev/null', code: 0 },
    { what: 'that is not there, as a message', args: '-s', redirect: '<&-', code: 1 },
  ])('$what ends pub $args with $code', async ({ args, redirect, code }) => {
    const { url } = await knownAedes()
    const publisher = spawnShell(`tmqtt pub -L ${url} -t t ${args} ${redirect}`)
    expect(await publisher.exited, publisher.stderr).toEqual({ code, signal: null })
    expect(publisher.stderr).toMatch(code === 0 ? /^$/ : /^tmqtt pub: standard input was empty/)
  })

  it('that has no newline at its end is published to its end', async () => {
    const server = await startScriptedBroker()
    spawnTmqtt(['pub', '-L', server.url, '-t', 't', '-l'], { input: 'one\ntwo' })
    const peer = await server.connection()
    await peer.accept()
    expect([await payload(peer), await payload(peer)]).toEqual(['one', 'two'])
  })
})

describe('standard output', () => {
  it('that is closed does not keep sub from its work', async () => {
    const broker = await knownAedes()
    const subscriber = spawnShell(`tmqtt sub -L ${broker.url} -t t -C 1 >&-`)
    await broker.subscribed('t')
    await spawnTmqtt(['pub', '-L', broker.url, '-t', 't', '-m', 'x']).exited
    expect(await subscriber.exited, subscriber.stderr).toEqual({ code: 0, signal: null })
  })
})

describe.skipIf(!onLinux)('file descriptors', () => {
  // Node itself needs 18 or so.
  it('that run out leave no success behind', async () => {
    const broker = await knownAedes()
    const script = `for limit in $(seq 17 26); do
        (ulimit -n $limit; tmqtt pub -L ${broker.url} -t t -q 1 -m $limit 2>/dev/null); echo "$limit $?"
      done`
    const watcher = spawnTmqtt(['sub', '-L', broker.url, '-t', 't'])
    await broker.subscribed('t')
    const shell = spawnShell(script)
    await shell.exited
    await spawnTmqtt(['pub', '-L', broker.url, '-t', 't', '-m', 'end']).exited
    await watcher.waitForStdout('end\n')
    const succeeded = shell.stdout
      .toString()
      .split('\n')
      .flatMap((line) => (line.endsWith(' 0') ? [line.split(' ')[0]] : []))
    expect(succeeded).toContain('26')
    expect(watcher.stdout.toString().trim().split('\n')).toEqual([...succeeded, 'end'])
  })
})

async function payload(peer: Peer): Promise<string> {
  return readPublish(await peer.packet('PUBLISH'), peer.version).payload.toString()
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}
