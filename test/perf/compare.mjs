// `npm run perf`: tmqtt beside mosquitto's clients and MQTT.js' own `mqtt` program, whole processes, on loopback
// against stand-ins that make the client the bottleneck. Contenders take turns, so that a noisy machine is noisy for
// all; the tables have medians. Wants mosquitto_pub and mosquitto_sub (Debian: mosquitto-clients), GNU time (time)
// and openssl.
//
//   node test/perf/compare.mjs [--rounds N] [--messages N] [--megabytes N] [--only TEXT]
//
// The memory jobs take a second for each of their megabytes.
import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { here, inTurns, measure, median, root, tmqtt, to, work } from './contest.mjs'
import { option } from './stand-in.mjs'

/** MQTT.js takes a minute for a million lines, so it gets a fiftieth; its figures are for that. */
const MQTT_JS_SHARE = 50
/** How much more the jobs on growing work do in their second run. */
const GROWTH = 10
const KILOBYTES = { messages: 100_000, payload: 1024 }
const MEGABYTES = { messages: 2000, payload: 1024 ** 2 }
const SLOW = 1_000_000

const rounds = Number(option('rounds', 5))
const messages = Number(option('messages', 1_000_000))
const megabytes = Number(option('megabytes', 30))
const only = option('only', '')

const [output, certificate, key] = ['output', 'certificate.pem', 'key.pem'].map((name) => join(work, name))
const mqttJs = [process.execPath, join(root, 'node_modules/mqtt/build/bin/mqtt.js')]

const made = new Set()

/** What a line is made of a payload: just that, with a topic of a thousand in front, or what `sub --json` prints. */
const lineFormats = {
  payload: (text) => text,
  topic: (text, at) => `tock/${at % 1000} ${text}`,
  json: (text, at) =>
    `{"topic":"tock/${at % 1000}","payload":"${text}","qos":0,"retain":false,"dup":false,"time":"2026-11-22T02:21:12.345Z"}`,
}

/** A file of lines of 1 to 20 bytes, or of one size, the same in every run. @returns its path. */
function linesFile(count, size, format) {
  const path = join(work, `lines-${count}-${size ?? 'short'}-${format}`)
  if (made.has(path)) return path
  made.add(path)
  let text = ''
  for (let at = 1, seed = 1; at <= count; at++) {
    seed = (seed * 48_271) % 2_147_483_647
    const payload = size === undefined ? 'abcdefghijklmnopqrst'.slice(0, 1 + (seed % 20)) : 'x'.repeat(size)
    text += `${lineFormats[format](payload, at)}\n`
    if (text.length < 1e8 && at < count) continue
    appendFileSync(path, text)
    text = ''
  }
  return path
}

const tls = ['--cafile', certificate]

/** A contender that publishes the lines of a file; what arrived is counted by the sink. */
function publishing(program, { qos = 0, count = messages, size, format = 'payload', args = [], broker = [] }) {
  const topic = format === 'payload' ? ['-t', 'a'] : []
  return {
    count,
    broker: ['sink.mjs', broker],
    async run({ port, report }) {
      const stdin = linesFile(count, size, format)
      const figures = await measure([...program, ...to(port), ...topic, '-q', qos, ...args].map(String), { stdin })
      return { ...figures, arrived: (await report()).publishes }
    },
  }
}

/** A contender that prints what the source sends, into a file unless told; what arrived is the lines there. */
function subscribing(program, { qos = 0, count = messages, payload = 20, args, broker = [], reader, stdout = output }) {
  return {
    count,
    broker: ['source.mjs', ['--count', count, '--qos', qos, '--payload', payload, ...broker]],
    async run({ port }) {
      const command = [...program, ...to(port), '-t', 'tock/#', '-q', qos, '-C', count, ...args].map(String)
      const figures = await measure(command, { stdout, reader })
      return { ...figures, arrived: linesIn(stdout, reader) ?? (figures.exitCode === 0 ? count : 0) }
    },
  }
}

/** How many lines were written; a reader has left their number. */
function linesIn(path, reader) {
  if (path !== output) return undefined
  return Number.parseInt(
    reader ? readFileSync(path, 'utf8') : spawnSync('wc', ['-l', path], { encoding: 'utf8' }).stdout,
    10,
  )
}

const pub = [...tmqtt, 'pub', '-l']
const sub = [...tmqtt, 'sub']

function besideMosquittoPub(qos) {
  return {
    name: `pub -l, QoS ${qos}`,
    contenders: {
      mosquitto: publishing(['mosquitto_pub', '-l'], { qos }),
      // Before MQTT 5 the window at QoS 2 is 20 unless asked for, since mosquitto drops what goes beyond.
      tmqtt: publishing(pub, { qos, args: ['-M', 1000] }),
      'mqtt (MQTT.js)': publishing([...mqttJs, 'pub', '-s', '-M'], { qos, count: messages / MQTT_JS_SHARE }),
    },
  }
}

function besideMosquittoSub(name, { qos, args, theirs = args, reader }) {
  return {
    name: `sub ${name}`,
    contenders: {
      mosquitto: subscribing(['mosquitto_sub'], { qos, args: theirs, reader }),
      tmqtt: subscribing(sub, { qos, args, reader }),
    },
  }
}

/** Payloads of 1 KB over each transport. */
function transports(name, contender) {
  const { messages: count, payload } = KILOBYTES
  const secure = ['--transport', 'tls', '--cert', certificate, '--key', key]
  return {
    name,
    contenders: {
      TCP: contender({ count, payload, size: payload, args: [] }),
      TLS: contender({ count, payload, size: payload, args: tls, broker: secure }),
      WebSocket: contender({ count, payload, size: payload, args: ['--ws'], broker: ['--transport', 'ws'] }),
    },
  }
}

/** The same at two sizes: the time per message must not grow. */
function growing(name, contender) {
  return {
    name: `${name}, growing`,
    contenders: { tmqtt: contender({ count: messages }), 'tmqtt, more': contender({ count: messages * GROWTH }) },
  }
}

/** Memory while the other side takes 1 MB/s: takes so long that one run has to do. */
function slow(name, contender) {
  return { name: `${name} 1 MB/s`, contenders: { tmqtt: contender }, once: true }
}

const slowly = { count: megabytes * 1000, size: 999, payload: 999 }
const large = { count: MEGABYTES.messages, payload: MEGABYTES.payload, args: [], stdout: '/dev/null' }
const slowReader = `"${process.execPath}" "${join(here, 'slow-reader.mjs')}" ${SLOW}`

const jobs = [
  besideMosquittoPub(0),
  besideMosquittoPub(1),
  besideMosquittoPub(2),
  besideMosquittoSub('-v, QoS 0', { args: ['-v'] }),
  besideMosquittoSub('-v, QoS 0, to a pipe', { args: ['-v'], reader: 'wc -l' }),
  besideMosquittoSub('-v, QoS 1', { qos: 1, args: ['-v'] }),
  besideMosquittoSub('-v, QoS 2', { qos: 2, args: ['-v'] }),
  besideMosquittoSub("-F '%I %t %q %l %p'", { args: ['-F', '%I %t %q %l %p'] }),
  besideMosquittoSub('-F %j', { args: ['-F', '%j'] }),
  besideMosquittoSub('--json (mosquitto: -F %j)', { args: ['--json'], theirs: ['-F', '%j'] }),
  {
    name: 'pub, a thousand topics',
    contenders: {
      '-l --topic-separator': publishing(pub, { format: 'topic', args: ['--topic-separator', ' '] }),
      '--json': publishing([...tmqtt, 'pub', '--json'], { format: 'json' }),
    },
  },
  transports('pub -l, 1 KB', (options) => publishing(pub, options)),
  transports('sub, 1 KB', (options) => subscribing(sub, options)),
  {
    name: 'sub, 1 MB, to /dev/null',
    contenders: {
      'bare socket': subscribing([process.execPath, join(here, 'bare-reader.mjs')], large),
      tmqtt: subscribing(sub, large),
    },
  },
  growing('pub -l, QoS 0', (options) => publishing(pub, options)),
  growing('pub -l, QoS 1', (options) => publishing(pub, { qos: 1, ...options })),
  growing('sub -v', (options) => subscribing(sub, { args: ['-v'], ...options })),
  slow('pub -l, QoS 1, into', publishing(pub, { ...slowly, qos: 1, broker: ['--rate', SLOW] })),
  slow('sub into a reader of', subscribing(sub, { ...slowly, args: [], reader: slowReader })),
].filter(({ name }) => name.includes(only))

spawnSync('openssl', [
  ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=perf'],
  ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
])
console.log(`${messages} messages of 1 to 20 bytes (sub: 20) unless said, medians of ${rounds} rounds.`)
console.log('The ratio is how much faster than the first program of the job, per message.\n')
console.log('| job | program | wall s | CPU s | peak MB | ratio | arrived |')
console.log('| --- | --- | ---: | ---: | ---: | ---: | --- |')
for (const job of jobs) {
  let reference
  for (const { name, contender, runs } of await inTurns(job, job.once ? 1 : rounds)) {
    const { count } = contender
    const [wall, cpu, memory] = ['wall', 'cpu', 'memory'].map((figure) => median(runs.map((run) => run[figure])))
    reference ??= wall / count
    const ratio = reference / (wall / count)
    const fewest = Math.min(...runs.map((run) => run.arrived))
    const arrived = fewest < count ? `**LOST ${count - fewest}** of ${count}` : `all of ${count}`
    const cells = [
      job.name,
      name,
      wall.toFixed(2),
      cpu.toFixed(2),
      memory.toFixed(0),
      `${ratio.toPrecision(3)}×`,
      arrived,
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
process.exit()
