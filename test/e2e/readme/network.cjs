// Loaded into tmqtt before it starts: the network that the README speaks of, with all its brokers on this machine.
const dns = require('node:dns/promises')
const net = require('node:net')

/** By host, or '*' for all others: ports and paths, and what stands there in truth. */
const network = JSON.parse(process.env.README_NETWORK)

const { connect } = net.Socket.prototype
net.Socket.prototype.connect = function (...args) {
  const words = Array.isArray(args[0]) ? args[0] : args
  const { host, port, path } = words[0]
  const there = (network[host] ?? network['*'])[path ?? port]
  if (there === undefined) throw new Error(`nothing is known of ${host} ${path ?? port}`)
  if (path !== undefined) words[0] = { ...words[0], path: there }
  else words[0] = { ...words[0], port: there, lookup, ...(net.isIP(host) ? { host: '127.0.0.1' } : {}) }
  return Reflect.apply(connect, this, args)
}

function lookup(_name, { all }, callback) {
  if (all) process.nextTick(callback, null, [{ address: '127.0.0.1', family: 4 }])
  else process.nextTick(callback, null, '127.0.0.1', 4)
}

// A broker takes a free port, whichever was asked for.
const { listen } = net.Server.prototype
net.Server.prototype.listen = function (_port, ...rest) {
  return Reflect.apply(listen, this, [0, ...rest])
}

dns.Resolver.prototype.resolveSrv = async (name) => [
  { name: name.replace('_mqtt._tcp.', ''), port: 1883, priority: 0, weight: 0 },
]
