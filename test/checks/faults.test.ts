import { describe, expect, it } from 'vitest'
import { conversations } from '../../src/checks/index.ts'
import { type Fault, faults, startFaultyBroker } from '../support/faulty-broker.ts'
import { checked } from './checked.ts'

/** Of a broker without a name and without TLS. */
const connecting = ['tcp', 'connect-3.1', 'connect-3.1.1', 'connect-5']
const since5 = conversations.filter(({ since }) => since === 5).map(({ name }) => name)

/** The one check that a fault makes fail. */
const expected: Readonly<Record<Fault, string>> = {
  'never answers CONNECT': 'connect',
  // It may, so this is no failure but unsupported.
  'refuses empty client id': 'empty-client-id',
  'accepts wrong protocol level': 'protocol-level',
  'no PINGRESP': 'keep-alive',
  'stops answering': 'qos-0',
  'drops PUBACK': 'qos-1',
  'drops PUBREC': 'qos-2',
  'drops PUBREL': 'qos-2',
  'drops PUBCOMP': 'qos-2',
  'drops SUBACK': 'subscribe',
  'drops UNSUBACK': 'unsubscribe',
  'refuses SUBSCRIBE': 'subscribe',
  'delivers to the wrong filter': 'wildcard-plus',
  'hash misses parent': 'wildcard-hash',
  'plus misses empty level': 'wildcard-plus',
  '# matches $SYS': 'wildcard-sys',
  'delivers after UNSUBSCRIBE': 'unsubscribe',
  'forgets retained': 'retained',
  'keeps retained': 'retained-cleared',
  'live without retain flag cleared': 'retained-live',
  'ignores retain as published': 'retain-as-published',
  'ignores retain handling': 'retain-handling',
  'no will': 'will',
  'will after DISCONNECT': 'will-disconnect',
  'loses QoS 0': 'qos-0',
  'loses QoS 1': 'qos-1',
  'loses QoS 2': 'qos-2',
  'duplicates QoS 1': 'qos-1',
  'duplicates QoS 2': 'qos-2',
  'downgrades QoS': 'qos-2',
  reorders: 'order',
  'truncates payload': 'large-payload',
  'corrupts payload': 'large-payload',
  'closes on large payload': 'large-payload',
  'wrong session present': 'session-present',
  'session present after clean start': 'session-clean',
  'forgets session': 'session-queue',
  'discards session': 'session-present',
  'shared delivers to all': 'shared-subscription',
  'shared delivers to none': 'shared-subscription',
  'ignores message expiry': 'message-expiry',
  'ignores topic alias': 'topic-alias',
  'drops properties': 'request-response',
  'drops user properties': 'user-properties',
  'ignores no local': 'no-local',
  'ignores subscription identifier': 'subscription-identifier',
}

/** Faults in what is optional. */
const optional: readonly Fault[] = ['refuses empty client id']
/** Before MQTT 5, where shared subscriptions are no part of the specification. */
const optionalBefore5: readonly Fault[] = [...optional, 'shared delivers to none']

const TIMEOUT_MS = 1000
/** For what becomes of a timer when the machine is busy. */
const SLACK_MS = 500

describe.each(['5', '311'])('check -V %s', (version) => {
  it('finds nothing wrong with a broker without a fault', async () => {
    const broker = await startFaultyBroker()
    const { exit, rows, names, stderr } = await checked(['-L', broker.url, '-V', version])
    expect(names('failed').concat(names('unsupported'))).toEqual([])
    expect(names('skipped')).toEqual(version === '5' ? [] : since5)
    expect(rows.map(({ name }) => name).sort()).toEqual(
      [...connecting, ...conversations.map(({ name }) => name)].sort(),
    )
    expect([exit, stderr]).toEqual([0, ''])
    expect([...broker.retained.keys()]).toEqual(['$SYS/broker/version'])
    expect(broker.sessions).toEqual([])
  })

  it.each(faults)('finds in a broker that has the fault "%s" just that', async (fault) => {
    const name = expected[fault] === 'connect' ? { 5: 'connect-5', 311: 'connect-3.1.1' }[version]! : expected[fault]
    const { url } = await startFaultyBroker({ fault })
    // The second that this takes is worth it for its own fault only.
    const patience = name === 'message-expiry' ? ['--timeout', '2s'] : ['--skip', 'message-expiry']
    const outcome = await checked(['-L', url, '-V', version, '--timeout', `${TIMEOUT_MS}ms`, ...patience])
    const isHarmless = version !== '5' && since5.includes(name)
    const isOptional = (version === '5' ? optional : optionalBefore5).includes(fault)
    expect(outcome.names('failed')).toEqual(isHarmless || isOptional ? [] : [name])
    expect(outcome.names('unsupported')).toEqual(isOptional ? [name] : [])
    expect(outcome.exit).toBe(isHarmless || isOptional ? 0 : expected[fault] === 'connect' ? 3 : 6)
    // What else was left out is left out because of that.
    const others = outcome.rows.filter(({ status, message }) => status === 'skipped' && !/-V asks/.test(message!))
    for (const { message } of others) expect(message).toMatch(/^(needs |there is no connection|the broker no longer)/)
    for (const { timeMs } of outcome.rows) expect(timeMs).toBeLessThan(2 * TIMEOUT_MS + SLACK_MS)
  })
})
