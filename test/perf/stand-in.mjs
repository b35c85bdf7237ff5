// What the two stand-ins share: options, transports, and a line that says where they listen.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import tls from 'node:tls'
import { createWebSocketStream, WebSocketServer } from 'ws'

export function option(name, fallback) {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]
}

/** Listens on a free port with the transport asked for, and prints the URL. */
export function handleConnections(handle) {
  const accept = (socket) => {
    socket.on('error', () => {})
    handle(socket)
  }
  const transport = option('transport', 'tcp')
  const server = { tcp, tls: secure, ws: websocket }[transport](accept)
  const scheme = { tcp: 'mqtt', tls: 'mqtts', ws: 'ws' }[transport]
  server.listen(0, '127.0.0.1', () => console.log(`${scheme}://127.0.0.1:${server.address().port}`))
}

function tcp(accept) {
  return net.createServer({ noDelay: true }, accept)
}

function secure(accept) {
  return tls.createServer(
    { cert: readFileSync(option('cert')), key: readFileSync(option('key')), noDelay: true },
    accept,
  )
}

function websocket(accept) {
  const server = http.createServer()
  const websockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 2 ** 31 - 1 })
  websockets.on('connection', (connection) => {
    const stream = createWebSocketStream(connection)
    // It would never say 'close' by itself.
    stream.on('end', () => stream.destroy())
    accept(stream)
  })
  return server
}
