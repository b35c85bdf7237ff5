import { EventEmitter } from 'node:events'
import type { IStore } from 'mqtt'

/**
 * In place of MQTT.js' store of what to send again on a new connection, which is the data plane's business. For its
 * own, empty as well, MQTT.js has a stream of Node's at each connection: that takes long at a start.
 */
export const emptyStore: IStore = {
  put(_packet, done) {
    done()
    return emptyStore
  },
  createStream: () => new EmptyStream() as never,
  del(_packet, done) {
    done(new Error('missing packet'))
    return emptyStore
  },
  get(_packet, done) {
    done(new Error('missing packet'))
    return emptyStore
  },
  close: (done) => done(),
}

/** What MQTT.js uses of a stream: it has nothing to read, and says so behind the first attempt. */
class EmptyStream extends EventEmitter {
  #isRead = false

  read(): null {
    if (!this.#isRead) queueMicrotask(() => this.emit('end'))
    this.#isRead = true
    return null
  }

  destroy(): void {}
}
