import type { SrvRecord } from 'node:dns'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { chooseRecord } from '../../src/mqtt/srv.ts'
import { addressOf, openTransport, type Server } from '../../src/mqtt/transport.ts'
import { startAedes } from '../support/aedes.ts'
import { certificates } from '../support/certificates.ts'
import { atEndOfTest } from '../support/clean-up.ts'
import { startDns } from '../support/dns.ts'
import { startScriptedBroker } from '../support/scripted-peer.ts'

const record = (port: number, name = 'localhost', priority = 0, weight = 0) => ({ name, port, priority, weight })
const { signal } = new AbortController()

async function open(server: Server): Promise<void> {
  const socket = await openTransport(server, signal)
  atEndOfTest(() => socket.destroy())
}

describe('chooseRecord', () => {
  const [light, heavy, backup] = [record(1, 'light', 1, 1), record(2, 'heavy', 1, 3), record(3, 'backup', 2, 100)]

  it.each<[name: string | undefined, random: number, records: SrvRecord[]]>([
    [undefined, 0, []],
    ['backup', 0.5, [backup]],
    ['light', 0, [heavy, backup, light]],
    ['light', 0.39, [heavy, backup, light]],
    ['heavy', 0.4, [heavy, backup, light]],
    ['heavy', 0.99, [heavy, backup, light]],
    ['none', 0, [heavy, record(4, 'none', 1, 0)]],
    ['heavy', 0.5, [heavy, record(4, 'none', 1, 0)]],
    ['a', 0.99, [record(1, 'a'), record(2, 'b')]],
  ])('chooses %s for %d', (name, random, records) => {
    expect(chooseRecord(records, random)?.name).toBe(name)
  })
})

describe('openTransport with -S', () => {
  it('connects to the host and port of the record', async () => {
    const broker = await startScriptedBroker()
    const dns = await startDns({ '_mqtt._tcp.example.test': [record(1, 'nowhere.invalid', 1), record(broker.port)] })
    await open({ host: 'example.test', port: 1883, srv: dns.resolver })
    await broker.connection()
    expect(dns.asked).toEqual(['_mqtt._tcp.example.test'])
  })

  it('asks for another record with TLS, whose host has to be in the certificate', async () => {
    const { ca, server } = await certificates()
    const { ports } = await startAedes({ tls: { ...server, cafile: ca } })
    const dns = await startDns({ '_secure-mqtt._tcp.example.test': [record(ports.tls)] })
    const wanted = { host: 'example.test', port: 8883, srv: dns.resolver, tls: { ca: readFileSync(ca) } }
    await open(wanted)
    expect(dns.asked).toEqual(['_secure-mqtt._tcp.example.test'])
    const named = { ...wanted, tls: { ...wanted.tls, servername: 'example.test', host: 'example.test' } }
    await expect(open(named)).rejects.toMatchObject({
      exitCode: ExitCode.tls,
      message: expect.stringContaining(`cannot trust localhost:${ports.tls}: the certificate is for another host`),
    })
  })

  it.each([
    ['no such name', {}],
    ['no record', { '_mqtt._tcp.example.test': [] }],
    ['a record that says so', { '_mqtt._tcp.example.test': [record(0, '.')] }],
  ])('names the record that is not there: %s', async (_case, records) => {
    const { resolver } = await startDns(records)
    await expect(open({ host: 'example.test', port: 1883, srv: resolver })).rejects.toMatchObject({
      exitCode: ExitCode.unreachable,
      message: 'DNS has no SRV record _mqtt._tcp.example.test (-S)',
    })
  })

  it('names the record that could not be looked up', async () => {
    const { resolver } = await startDns('silent')
    const failed = expect(open({ host: 'example.test', port: 1883, srv: resolver })).rejects.toMatchObject({
      exitCode: ExitCode.unreachable,
      message: expect.stringContaining('cannot look up the SRV record _mqtt._tcp.example.test (-S): '),
    })
    resolver.cancel()
    await failed
  })

  it('stops asking when the signal is aborted', async () => {
    const { resolver } = await startDns('silent')
    const stop = new AbortController()
    const opening = openTransport({ host: 'example.test', port: 1883, srv: resolver }, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(opening).rejects.toThrow('stopped')
  })

  it('is called by the name that was typed', async () => {
    const { resolver } = await startDns({})
    expect(addressOf({ host: 'example.test', port: 1883, srv: resolver })).toBe('example.test')
  })
})
