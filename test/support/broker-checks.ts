import { mkdirSync } from 'node:fs'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { BrokerProcess } from './broker-process.ts'
import { certificates, type ServerTls } from './certificates.ts'
import { mosquittoPub, mosquittoSub } from './mosquitto-clients.ts'
import { processesWith } from './processes.ts'
import { runCli } from './run.ts'
import { temporaryDirectory } from './temporary.ts'
import type { Ports, Urls } from './urls.ts'

export interface StartedBroker extends BrokerProcess {
  readonly ports: Pick<Ports, 'tcp'> & Partial<Ports>
  readonly urls: Pick<Urls, 'tcp'> & Partial<Urls>
}

/** One life of a broker that a package of the system brings; `user`, if any, is the only one who may connect. */
export function brokerLifeChecks(
  start: (tls: ServerTls) => Promise<StartedBroker>,
  user: readonly string[] = [],
): void {
  it('carries messages again after kill and restart, on loopback only, and leaves nothing', {
    timeout: 90_000,
  }, async () => {
    const { ca, server } = await certificates()
    const place = temporaryDirectory().file(`o d'd "$x`)
    mkdirSync(place)
    vi.stubEnv('TMPDIR', place)
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const broker = await start({ ...server, cafile: ca })
    const processes = () => processesWith(`TMPDIR=${place}`)
    const { tcp } = broker.ports

    const listening = processes().flatMap((each) => each.listening)
    expect(listening).toEqual(expect.arrayContaining(Object.values(broker.ports).map((port) => `127.0.0.1:${port}`)))
    expect(listening.filter((address) => !/^(127\.0\.0\.1|\[::1\]):/.test(address))).toEqual([])
    await carriesBothWays(broker, ca, user)

    if (user.length > 0) {
      const args = ['-p', String(tcp), '-i', 'stranger', '-t', 't', '-m', 'x']
      for (const stranger of [[], [...user.slice(0, -1), 'wrong']]) {
        // [MQTT-3.2.2.3] return codes 4 and 5: bad user name or password, not authorized.
        expect([4, 5]).toContain((await mosquittoPub([...args, ...stranger]).exited).code)
      }
    }

    broker.pause()
    const stopped = () => processes().some(({ state, listening }) => state === 'T' && listening.length > 0)
    await vi.waitFor(() => expect(stopped()).toBe(true), { timeout: 15_000 })
    const late = runCli(['pub', '-L', broker.urls.tcp, ...user, '-t', 't', '-m', 'late', '-q', '1'])
    broker.resume()
    expect(await late.exit, late.stderr).toBe(0)

    await broker.kill('SIGKILL')
    expect(processes().flatMap((each) => each.listening)).not.toContain(`127.0.0.1:${tcp}`)
    await broker.restart()
    await carriesBothWays(broker, ca, user)

    await broker.stop()
    expect(processes()).toEqual([])
  })
}

/** A retained message from tmqtt to mosquitto_sub, and one from mosquitto_pub to tmqtt. */
async function carriesBothWays({ ports, urls }: StartedBroker, ca: string, user: readonly string[]): Promise<void> {
  const at = ['-p', String(ports.tcp), ...user]
  for (const [from, url] of Object.entries(urls)) {
    const trust = from === 'tls' || from === 'wss' ? ['--cafile', ca] : []
    const ours = runCli(['pub', '-L', url, ...trust, ...user, '-t', from, '-r', '-q', '1', '-m', `by ${from}`])
    expect(await ours.exit, ours.stderr).toBe(0)
    const theirs = mosquittoSub([...at, '-i', 'theirs', '-t', from, '-C', '1'])
    expect(await theirs.exited, theirs.stderr).toEqual({ code: 0, signal: null })
    expect(theirs.stdout.toString()).toBe(`by ${from}\n`)
  }
  const theirs = mosquittoPub([...at, '-i', 'theirs', '-t', 'back', '-r', '-q', '1', '-m', 'and back'])
  expect(await theirs.exited, theirs.stderr).toEqual({ code: 0, signal: null })
  const ours = runCli(['sub', '-L', urls.tcp, ...user, '-t', 'back', '-C', '1'])
  expect(await ours.exit, ours.stderr).toBe(0)
  expect(ours.stdout.toString()).toBe('and back\n')
}
