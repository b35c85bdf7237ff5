// A broker stand-in that only receives, so that the client is the bottleneck: answers CONNECT, acknowledges PUBLISH
// at QoS 1 and 2. Speaks MQTT 3.1.1 and 5 over TCP, TLS or WebSocket, on loopback. Prints its URL, then for each
// connection that published one line of JSON: { publishes, bytes }.
//
//   node sink.mjs [--transport tcp|tls|ws] [--cert FILE --key FILE] [--rate BYTES_PER_SECOND]
import { handleConnections, option } from './stand-in.mjs'

const rate = Number(option('rate', 0))

handleConnections((socket) => {
  let rest = Buffer.alloc(0)
  let publishes = 0
  let bytes = 0

  socket.on('data', (chunk) => {
    const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const out = []
    let at = 0
    for (;;) {
      let cursor = at + 1
      let length = 0
      let factor = 1
      let byte = 0x80
      while (cursor < data.length && byte & 0x80) {
        byte = data[cursor++]
        length += (byte & 0x7f) * factor
        factor *= 128
      }
      if (byte & 0x80 || data.length - cursor < length) break
      const type = data[at] >> 4
      const qos = (data[at] >> 1) & 3
      if (type === 1) out.push(...(data[cursor + 6] === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]))
      else if (type === 3) {
        publishes++
        bytes += length
        if (qos > 0) {
          const id = cursor + 2 + data.readUInt16BE(cursor)
          out.push(qos === 1 ? 0x40 : 0x50, 2, data[id], data[id + 1])
        }
      } else if (type === 6) out.push(0x70, 2, data[cursor], data[cursor + 1])
      else if (type === 12) out.push(0xd0, 0)
      at = cursor + length
    }
    rest = data.subarray(at)
    if (out.length > 0) socket.write(Buffer.from(out))
    if (rate > 0) {
      socket.pause()
      setTimeout(() => socket.resume(), (chunk.length / rate) * 1000)
    }
  })
  socket.on('close', () => {
    if (publishes > 0) console.log(JSON.stringify({ publishes, bytes }))
  })
})
