// A broker stand-in that only sends, so that the client is the bottleneck: answers CONNECT and SUBSCRIBE, then sends
// messages on `tock/12345` as fast as the socket takes them. At QoS 1 and 2 it completes the acknowledgements, and
// ends the connection when the last one is in. Each payload is its sequence number padded with spaces. Speaks
// MQTT 3.1.1 and 5 over TCP, TLS or WebSocket, on loopback. Prints its URL.
//
//   node source.mjs [--count N] [--payload BYTES] [--qos N] [--transport tcp|tls|ws] [--cert FILE --key FILE]
import { handleConnections, option } from './stand-in.mjs'

const count = Number(option('count', 1_000_000))
const payloadBytes = Number(option('payload', 20))
const qos = Number(option('qos', 0))
const topic = Buffer.from('tock/12345')

/** Most messages to have unacknowledged at QoS 1 and 2. */
const WINDOW = 50_000

function packet(sequence, v5) {
  const body = 2 + topic.length + (qos ? 2 : 0) + (v5 ? 1 : 0) + payloadBytes
  const head = [0x30 | (qos << 1)]
  for (let left = body; ; ) {
    const digit = left & 0x7f
    left >>= 7
    head.push(left ? digit | 0x80 : digit)
    if (!left) break
  }
  const id = (sequence % 65_535) + 1
  return Buffer.concat([
    Buffer.from([...head, 0, topic.length]),
    topic,
    Buffer.from([...(qos ? [id >> 8, id & 255] : []), ...(v5 ? [0] : [])]),
    Buffer.from(String(sequence).padEnd(payloadBytes)),
  ])
}

/** Encoded before anybody connects, so that sending costs next to nothing. */
const encoded = { 4: encode(false), 5: encode(true) }
function encode(v5) {
  // Large payloads differ only in their sequence number, so a few do for all.
  const distinct = Math.min(count, Math.max(1, Math.floor(100_000_000 / payloadBytes)))
  const perChunk = Math.max(1, Math.floor(65_536 / payloadBytes))
  const chunks = []
  for (let at = 0; at < distinct; at += perChunk) {
    chunks.push(Buffer.concat(Array.from({ length: Math.min(perChunk, distinct - at) }, (_, i) => packet(at + i, v5))))
  }
  return { chunks, perChunk, rounds: Math.ceil(count / distinct) }
}

handleConnections((socket) => {
  let version = 4
  let unacknowledged = qos > 0 ? count : 0
  let rest = Buffer.alloc(0)
  let more = () => {}
  socket.on('data', (chunk) => {
    const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    // Acknowledgements are answered into one buffer: a million of them must not make the stand-in the bottleneck.
    const out = Buffer.allocUnsafe(data.length + 8)
    let end = 0
    const answer = (...bytes) => {
      for (const byte of bytes) out[end++] = byte
    }
    let at = 0
    while (at + 1 < data.length && at + 2 + data[at + 1] <= data.length) {
      const type = data[at] >> 4
      const [high, low] = [data[at + 2], data[at + 3]]
      if (type === 1) {
        version = data[at + 8] === 5 ? 5 : 4
        answer(...(version === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]))
      } else if (type === 8) {
        answer(...(version === 5 ? [0x90, 4, high, low, 0, qos] : [0x90, 3, high, low, qos]))
        setImmediate(send)
      } else if (type === 5) {
        out[end] = 0x62
        out[end + 1] = 2
        out[end + 2] = high
        out[end + 3] = low
        end += 4
      } else if (type === 4 || type === 7) unacknowledged--
      else if (type === 12) answer(0xd0, 0)
      at += 2 + data[at + 1]
    }
    rest = data.subarray(at)
    if (end > 0) socket.write(out.subarray(0, end))
    if (qos === 0) return
    if (unacknowledged === 0) socket.end()
    else if (!socket.writableNeedDrain) more()
  })

  function send() {
    const { chunks, rounds, perChunk } = encoded[version]
    let next = 0
    more = () => {
      while (next < chunks.length * rounds) {
        // A packet identifier is free again only when it is acknowledged.
        if (qos > 0 && next * perChunk - (count - unacknowledged) > WINDOW) return
        if (!socket.write(chunks[next++ % chunks.length])) return void socket.once('drain', more)
      }
      if (qos === 0) socket.end()
    }
    more()
  }
})
