// `npm run perf:bench`: what generating load costs `tmqtt bench`, beside `pub -l`, `sub`, mosquitto's clients and bare
// sockets, in turns; the tables have medians. Wants mosquitto, mosquitto_pub and mosquitto_sub, and GNU time (time).
//
//   node test/perf/bench.mjs [--rounds N] [--messages N] [--only TEXT]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { here, inTurns, measure, median, tmqtt, to, work } from './contest.mjs'
import { option } from './stand-in.mjs'

const rounds = Number(option('rounds', 5))
const messages = Number(option('messages', 2_000_000))
const only = option('only', '')

const CLIENTS = 100
const PAYLOAD = 100
/** Through a real broker, which takes its time. */
const FLOW = messages / 10
const CONNECTIONS = { count: 10_000, rate: 2000 }
const IDLE_SECONDS = 62

const output = join(work, 'output')
const lines = join(work, 'lines')
const line = `${'x'.repeat(PAYLOAD)}\n`

/** Lines for `pub -l`, so many. */
function linesFile(count) {
  writeFileSync(lines, line.repeat(count))
  return lines
}

/** Runs `tmqtt bench` with these words. @returns its report, and what it took. */
async function bench(words, port) {
  const figures = await measure([...tmqtt, 'bench', ...words, ...to(port), '--workers', 1, '--json'].map(String), {
    stdout: output,
  })
  if (figures.exitCode !== 0) throw new Error(`bench ${words.join(' ')} ended with ${figures.exitCode}`)
  const { summary, result } = JSON.parse(readFileSync(output, 'utf8'))
  return { ...figures, summary, result }
}

/** A contender that is `tmqtt bench`, at the rate of its summary. */
function benching(broker, rate, ...words) {
  return {
    broker,
    async run({ port }) {
      const { summary, result } = await bench(words, port)
      return { rate: summary[rate], lost: result.messages.lost }
    },
  }
}

/** A contender that takes the time that so many messages need beyond one. */
function timing(broker, run) {
  return {
    broker,
    async run(started) {
      const [one, all] = [await run(started, 1), await run(started, messages)]
      return { rate: (messages - 1) / (all - one), lost: 0 }
    },
  }
}

const publishing = timing(['sink.mjs', []], async ({ port, report }, count) => {
  const { wall } = await measure([...tmqtt, 'pub', '-l', '-t', 'a', ...to(port)].map(String), {
    stdin: linesFile(count),
  })
  const { publishes } = await report()
  if (publishes !== count) throw new Error(`pub -l: ${publishes} of ${count} messages arrived`)
  return wall
})

const subscribing = timing(['source.mjs', ['--payload', PAYLOAD]], async ({ port }, count) => {
  const { wall } = await measure([...tmqtt, 'sub', '-t', 'tock/#', '-C', count, ...to(port)].map(String))
  return wall
})

/** A real mosquitto that drops nothing. */
async function mosquitto() {
  const port = await freePort()
  const config = join(work, `mosquitto-${port}.conf`)
  const settings = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'set_tcp_nodelay true',
    'max_queued_messages 0',
  ]
  writeFileSync(config, `${settings.join('\n')}\n`)
  const broker = spawn('mosquitto', ['-c', config], { stdio: 'ignore' })
  while (!(await accepts(port)));
  return { port, stop: () => broker.kill() }
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(socket.destroy()))
    socket.once('error', () => setTimeout(resolve, 20, undefined))
  })
}

/** mosquitto_pub and mosquitto_sub, from the first line to the last message. */
function mosquittoPair(qos) {
  return {
    broker: mosquitto,
    async run({ port }) {
      const args = [...to(port), '-q', qos, '-t', 'a'].map(String)
      const sub = spawn('mosquitto_sub', [...args, '-C', String(FLOW), '-W', '120'], { stdio: 'ignore' })
      const ended = once(sub, 'exit')
      await delay(500)
      const began = performance.now()
      await measure(['mosquitto_pub', ...args, '-l'], { stdin: linesFile(FLOW) })
      const [exitCode] = await ended
      return { rate: FLOW / ((performance.now() - began) / 1000), lost: exitCode === 0 ? 0 : FLOW }
    },
  }
}

function flow(qos) {
  const pair = ['--publishers', 1, '--rate', 'max', '--warmup', 0, '--messages', FLOW, '--size', PAYLOAD]
  return {
    name: `through mosquitto, one publisher, one subscriber, QoS ${qos}`,
    contenders: {
      'mosquitto_pub -l, mosquitto_sub': mosquittoPair(qos),
      'bench flow --rate max': benching(mosquitto, 'receivedPerSecond', 'flow', '-q', qos, ...pair),
    },
  }
}

const jobs = [
  {
    name: `publish ${PAYLOAD} B at QoS 0`,
    contenders: {
      'pub -l': publishing,
      [`bench pub, ${CLIENTS} connections`]: benching(
        ['sink.mjs', []],
        'sentPerSecond',
        ...['pub', '--clients', CLIENTS, '--size', PAYLOAD, '--rate', 'max', '--messages', 10 * messages],
      ),
    },
  },
  {
    name: `receive ${PAYLOAD} B at QoS 0`,
    contenders: {
      sub: subscribing,
      [`bench sub, ${CLIENTS} connections`]: benching(
        ['source.mjs', ['--payload', PAYLOAD]],
        'receivedPerSecond',
        ...['sub', '-t', 'tock/#', '--clients', CLIENTS, '--settle', 0, '--messages', 10 * messages],
      ),
    },
  },
  ...[0, 1, 2].map(flow),
].filter(({ name }) => name.includes(only))

console.log('| job | program | messages/s | ratio | lost |')
console.log('| --- | --- | ---: | ---: | ---: |')
for (const job of jobs) {
  let reference
  for (const { name, runs } of await inTurns(job, rounds)) {
    const rate = median(runs.map((run) => run.rate))
    reference ??= rate
    const lost = runs.reduce((sum, run) => sum + run.lost, 0)
    console.log(`| ${job.name} | ${name} | ${Math.round(rate)} | ${(rate / reference).toPrecision(3)}× | ${lost} |`)
  }
}

/** How late messages are sent at 10,000 a second. */
async function schedule() {
  const load = ['--clients', CLIENTS, '--size', PAYLOAD, '--rate', '10k/s', '--duration', '10s']
  const job = { contenders: { bench: { broker: ['sink.mjs', []], run: ({ port }) => bench(['pub', ...load], port) } } }
  const [{ runs }] = await inTurns(job, rounds)
  const p99 = runs.map(({ summary }) => summary.latencies.schedule.p99 / 1000)
  console.log(
    `\nSent later than due at 10,000/s, P99: ${median(p99).toFixed(2)} ms (${p99.map((each) => each.toFixed(2)).join(', ')})`,
  )
}

/** What connections cost, and whether they stay. */
async function connections() {
  const { count, rate } = CONNECTIONS
  const conn = (clients, seconds) => [
    'conn',
    '--clients',
    clients,
    '--connect-rate',
    rate,
    '--settle',
    0,
    '--duration',
    `${seconds}s`,
    '-k',
    20,
  ]
  const bare = ['bare-connections.mjs', '--count', count, '--rate', rate]
  const [bares, benches, few] = await inTurns(
    {
      contenders: {
        bare: {
          broker: mosquitto,
          run: ({ port }) =>
            measure([process.execPath, join(here, bare[0]), ...bare.slice(1), '--port', port].map(String)),
        },
        bench: { broker: mosquitto, run: ({ port }) => bench(conn(count, 0.001), port) },
        few: { broker: mosquitto, run: ({ port }) => bench(conn(1, 0.001), port) },
      },
    },
    rounds,
  )
  const [cpu, bareCpu] = [median(benches.runs.map((run) => run.cpu)), median(bares.runs.map((run) => run.cpu))]
  const kilobytes = median(benches.runs.map(({ memory }, at) => ((memory - few.runs[at].memory) * 1024) / count))
  console.log(
    `\n${count} connections to mosquitto: ${cpu.toFixed(2)} s of CPU, bare sockets ${bareCpu.toFixed(2)} s, ${(cpu / bareCpu).toFixed(2)}×`,
  )
  console.log(`${kilobytes.toFixed(1)} KB each`)
  const idle = {
    contenders: { bench: { broker: mosquitto, run: ({ port }) => bench(conn(count, IDLE_SECONDS), port) } },
  }
  const [{ runs }] = await inTurns(idle, 1)
  const { connected, lost } = runs[0].result.connections
  console.log(`${IDLE_SECONDS} s idle with keep alive 20: ${connected} connected, lost ${JSON.stringify(lost)}`)
}

if (only === '' || only === 'schedule') await schedule()
if (only === '' || only === 'connections') await connections()
process.exit()
