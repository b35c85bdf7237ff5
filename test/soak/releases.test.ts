import { describe, expect, it } from 'vitest'
import { ack, firstPacket, publishPacket } from '../support/packets.ts'
import { Releases } from './releases.ts'
import { lineOf } from './tally.ts'

const publish = (packetId: number, number: number) =>
  publishPacket({ topic: 'a', payload: lineOf(number), qos: 2, packetId })
const release = (packetId: number) => ack('PUBREL', packetId)

describe('what a broker sends at QoS 2', () => {
  it.each([
    { name: 'once', packets: [publish(1, 5), release(1)], count: undefined },
    { name: 'again before PUBREL', packets: [publish(1, 5), publish(1, 5), release(1)], count: undefined },
    { name: 'with an identifier used before', packets: [publish(1, 5), release(1), publish(1, 6)], count: undefined },
    { name: 'again after PUBREL', packets: [publish(1, 5), release(1), publish(1, 5)], count: 1 },
    { name: 'and PUBREL again', packets: [publish(1, 5), release(1), release(1)], count: undefined },
  ])('$name', ({ packets, count }) => {
    const releases = new Releases(4)
    for (const bytes of packets) releases.take(firstPacket(bytes)!)
    expect(releases.republished.get('a')).toBe(count)
  })
})
