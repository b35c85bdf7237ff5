// Connects as many plain sockets as told at a rate, sends each the same CONNECT as `tmqtt bench conn` does, and ends
// when all have their CONNACK: what connections cost at the least.
//
//   node bare-connections.mjs --port N --count N --rate N
import net from 'node:net'
import { option } from './stand-in.mjs'

const [port, count, rate] = ['port', 'count', 'rate'].map((name) => Number(option(name)))

function connectPacket(number) {
  const id = Buffer.from(`bench-abcd-${number}`)
  const body = Buffer.concat([Buffer.of(0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, id.length), id])
  return Buffer.concat([Buffer.of(0x10, body.length), body])
}

let [started, connected] = [0, 0]
const began = performance.now()
const starting = setInterval(() => {
  const due = Math.min(count, ((performance.now() - began) / 1000) * rate)
  for (; started < due; started++) open(started)
  if (started === count) clearInterval(starting)
}, 1)

function open(number) {
  const socket = net.connect({ port, host: '127.0.0.1' })
  socket.once('connect', () => socket.write(connectPacket(number)))
  socket.once('data', (connack) => {
    if (connack[3] !== 0) throw new Error(`refused with ${connack[3]}`)
    if (++connected === count) process.exit()
  })
}
