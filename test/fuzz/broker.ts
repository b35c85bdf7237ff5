import { setImmediate } from 'node:timers/promises'
import type { PacketType } from '../support/packets.ts'
import type { Peer } from '../support/scripted-peer.ts'
import { chunksOf } from './mutations.ts'

/** What a hostile broker says once it has heard so many packets of a type. */
export interface Speech {
  readonly hears: PacketType
  readonly count: number
  readonly says: Buffer
}

/** Turns of the event loop that a client may take to say what it says, if it does at all. */
const PATIENCE = 60

/**
 * Plays the broker's part to its end, and closes the connection.
 *
 * @param patience without one it hears what it waits for, or its client leaves.
 */
export async function play(
  peer: Peer,
  speeches: readonly Speech[],
  cuts: readonly number[],
  patience = PATIENCE,
): Promise<void> {
  const heard: PacketType[] = []
  let isOver = false
  void listen(peer, heard).finally(() => {
    isOver = true
  })
  for (const { hears, count, says } of speeches) {
    const waits = () => !isOver && heard.filter((type) => type === hears).length < count
    for (let turn = 0; waits() && turn < patience; turn++) await setImmediate()
    for (const chunk of chunksOf(says, cuts)) {
      peer.send(chunk)
      await setImmediate()
    }
  }
  peer.end()
}

async function listen(peer: Peer, heard: PacketType[]): Promise<void> {
  try {
    for (;;) heard.push((await peer.packet()).type)
  } catch {
    // The client has left.
  }
}
