import { describe, expect, it } from 'vitest'
import { PacketIds } from '../../src/mqtt/packet-ids.ts'

describe('PacketIds', () => {
  it('counts from 1, for MQTT.js and the publisher alike', () => {
    const ids = new PacketIds()
    expect(ids.getLastAllocated()).toBeNull()
    expect([ids.allocate(), ids.allocateForPublish(), ids.allocate()]).toEqual([1, 2, 3])
    expect(ids.getLastAllocated()).toBe(3)
  })

  it('hands out a freed identifier only after all others, to keep late answers apart', () => {
    const ids = new PacketIds()
    ids.allocateForPublish()
    ids.deallocate(1)
    expect(ids.allocateForPublish()).toBe(2)
  })

  it('goes from 65,535 to 1, and past those in use', () => {
    const ids = new PacketIds()
    for (let id = 1; id <= 0xffff; id++) {
      expect(ids.allocateForPublish()).toBe(id)
      if (id > 2) ids.deallocate(id)
    }
    expect(ids.allocateForPublish()).toBe(3)
  })

  it('has 65,535 of them', () => {
    const ids = new PacketIds()
    const taken = new Set<number>()
    for (let count = 0; count < 0xffff; count++) taken.add(ids.allocateForPublish())
    expect([taken.size, taken.has(0), Math.max(...taken)]).toEqual([0xffff, false, 0xffff])
    expect(ids.allocateForPublish()).toBe(0)
    expect(ids.allocate()).toBeNull()
    ids.deallocate(40_000)
    expect(ids.allocate()).toBe(40_000)
  })

  it('registers an identifier that is free', () => {
    const ids = new PacketIds()
    expect([ids.register(1), ids.register(1), ids.allocate(), ids.register(2)]).toEqual([true, false, 2, false])
    ids.deallocate(1)
    expect(ids.register(1)).toBe(true)
  })

  it('keeps those of the publisher when MQTT.js clears', () => {
    const ids = new PacketIds()
    ids.allocateForPublish()
    ids.allocate()
    ids.register(9)
    ids.clear()
    expect([1, 2, 9].map((id) => ids.register(id))).toEqual([false, true, true])
  })
})
