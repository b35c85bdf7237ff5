// What a subscriber can reach at best: a socket that subscribes, and reads to the end of the connection without
// looking at what comes.
//
//   node bare-reader.mjs -p PORT
import { connect } from 'node:net'

const socket = connect(Number(process.argv[process.argv.indexOf('-p') + 1]), '127.0.0.1', () => {
  socket.write(Buffer.from([0x10, 12, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 60, 0, 0]))
  socket.write(Buffer.from([0x82, 6, 0, 1, 0, 1, 0x23, 0]))
})
socket.on('data', () => {})
