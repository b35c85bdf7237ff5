import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe } from 'vitest'
import { type DataPlane, Lane, type Mqtt5 } from '../../src/mqtt/lane.ts'
import { MalformedPacketError } from '../../src/mqtt/malformed.ts'
import type { Message } from '../../src/mqtt/message.ts'
import { TopicAliases } from '../../src/mqtt/packets.ts'
import { noProperties } from '../mqtt/client.ts'
import { compare } from './agreement.ts'
import { fuzz } from './campaign.ts'
import { chunksOf, cuts, mutate, mutations } from './mutations.ts'
import { type Acknowledgement, conversationOf } from './reference.ts'
import { strayErrors } from './stray-errors.ts'
import { conversations } from './valid.ts'

/** Takes what the lane hands over, and counts the chunks. */
class Recorder implements DataPlane {
  readonly messages: Message[] = []
  readonly acknowledgements: Acknowledgement[] = []

  publish(message: Message): void {
    this.messages.push(message)
  }

  acknowledgement(type: number, packetId: number, reasonCode: number, bytes: Buffer, start: number, end: number): void {
    assert.ok(start <= end && end <= bytes.length)
    this.acknowledgements.push({ type, packetId, reasonCode })
  }

  chunkDone(): void {}
  pingSent(): void {}
  pingAnswered(): void {}
}

function memorySocket(): Duplex {
  return new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
}

/** Bytes that come as they are. */
function find(version: 4 | 5, bytes: readonly number[], cuts: readonly number[]) {
  const rest = { maxPacketSize: undefined, aliasMaximum: 0 as const, pauses: false }
  return { version, packets: [Buffer.from(bytes)], changes: [], cuts: [...cuts], ...rest }
}

describe('Lane', () => {
  const stray = strayErrors()

  fuzz(
    'hands over what a mutated conversation holds up to what is malformed, and nothing else',
    {
      name: 'lane',
      unit: 'packets',
      runs: 500,
      share: 0.1,
      values: fc.constantFrom(4, 5).chain((version) =>
        fc.record({
          version: fc.constant(version),
          packets: conversations(version),
          changes: fc.array(mutations, { minLength: 1, maxLength: 8 }),
          cuts,
          maxPacketSize: fc.constantFrom(64, undefined),
          aliasMaximum: fc.constantFrom(0, 2),
          pauses: fc.boolean(),
        }),
      ),
      finds: [
        // PUBREL without its flags, a second packet behind what is malformed, and PINGRESP with a body.
        find(4, [0x60, 2, 0, 1], []),
        find(4, [0x32, 3, 0, 1, 0x61, 0x90, 3, 0, 1, 0], [5]),
        find(5, [0xd0, 1, 0], []),
      ],
    },
    async ({ version, packets, changes, cuts, maxPacketSize, aliasMaximum, pauses }) => {
      const { packets: changed, mutated } = mutate(packets, changes)
      const bytes = Buffer.concat(changed)
      const socket = memorySocket()
      const mqtt5: Mqtt5 = { ...noProperties, aliases: new TopicAliases(aliasMaximum) }
      const lane = new Lane(socket, version === 5 ? mqtt5 : undefined, maxPacketSize)
      const recorder = new Recorder()
      const controls: Buffer[] = []
      lane.control.on('data', (chunk: Buffer) => controls.push(chunk))
      lane.open(recorder)
      for (const chunk of chunksOf(bytes, cuts)) {
        socket.push(chunk)
        if (!pauses) continue
        lane.pause()
        await setImmediate()
        lane.resume()
      }
      if (!socket.destroyed) socket.push(null)
      const closed = await lane.closed
      if (!lane.control.closed) await once(lane.control, 'close')
      stray()

      const wanted = conversationOf(bytes, version, {
        aliasMaximum,
        ...(maxPacketSize === undefined ? {} : { maxPacketSize }),
      })
      if (wanted.isMalformed) assert.ok(closed instanceof MalformedPacketError)
      else assert.equal(closed, undefined)
      assert.equal(recorder.messages.length, wanted.publishes.length)
      for (const [at, message] of recorder.messages.entries()) compare(message, wanted.publishes[at])
      assert.deepEqual(recorder.acknowledgements, wanted.acknowledgements)
      const given = Buffer.concat(controls)
      const all = Buffer.concat(wanted.controls)
      // What is not read yet when the connection ends is not for MQTT.js any more.
      assert.ok(all.subarray(0, given.length).equals(given))
      return mutated
    },
  )
})
