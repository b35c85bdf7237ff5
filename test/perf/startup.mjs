// What a start costs, in instructions: they repeat to a few percent on a machine that has other things to do, where
// times do not. `perf stat` counts them where the machine lets it, else valgrind.
//
// node test/perf/startup.mjs [--rounds N] [--check] [--json]
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { env, median, root, standIn, tmqtt, to, work } from './contest.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    check: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

/** At most so many times the instructions of `node -e 0`, with room for what counts differ by from run to run. */
const LIMITS = { pub: 2.1, 'pub, first run': 3.1, '--help': 1.6, '--version': 1.6 }

/** Ways to count the instructions of a program in user space, with all its threads. */
const COUNTERS = [
  { words: ['perf', 'stat', '-x,', '-e', 'instructions:u'], pattern: /^(\d+),/m },
  {
    words: ['valgrind', '--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null'],
    pattern: /I +refs: +([\d,]+)/,
  },
]

function count({ words, pattern }, command, variables = {}) {
  const [program, ...args] = [...words, ...command]
  const { status, stderr } = spawnSync(program, args, { env: { ...env, ...variables }, encoding: 'utf8' })
  const found = pattern.exec(stderr ?? '')
  if (status !== 0 || found === null) return undefined
  return Number(found[1].replaceAll(',', ''))
}

const counter = COUNTERS.find((each) => count(each, ['true']) !== undefined)
if (counter === undefined) {
  process.stderr.write('neither perf nor valgrind can count instructions here\n')
  process.exit(2)
}

const broker = await standIn('sink.mjs', [])
const publish = ['pub', ...to(broker.port), '-t', 'x', '-m', 'y'].map(String)
const node = [process.execPath]
const mqttjs = [...node, join(root, 'node_modules/mqtt/build/bin/mqtt.js')]
const executable = join(root, `build/executables/tmqtt-linux-${process.arch}`)

const programs = {
  'node -e 0': { command: [...node, '-e', '0'] },
  pub: { command: [...tmqtt, ...publish], warm: true },
  'pub, first run': { command: [...tmqtt, ...publish], fresh: true },
  '--help': { command: [...tmqtt, '--help'], warm: true },
  '--version': { command: [...tmqtt, '--version'], warm: true },
  ...(existsSync(executable) && !values.check ? { 'executable: pub': { command: [executable, ...publish] } } : {}),
  ...(values.check
    ? {}
    : {
        mosquitto_pub: { command: ['mosquitto_pub', ...publish.slice(1)] },
        "MQTT.js' mqtt pub": { command: [...mqttjs, ...publish] },
      }),
}

const counts = new Map(Object.keys(programs).map((name) => [name, []]))
try {
  for (const { command, warm } of Object.values(programs)) {
    if (warm) spawnSync(command[0], command.slice(1), { env })
  }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, { command, fresh }] of Object.entries(programs)) {
      const cache = fresh ? { XDG_CACHE_HOME: mkdtempSync(join(work, 'cache-')) } : {}
      const instructions = count(counter, command, cache)
      if (instructions !== undefined) counts.get(name).push(instructions)
    }
  }
} finally {
  broker.stop()
}

const base = median(counts.get('node -e 0'))
const rows = [...counts].map(([name, all]) => {
  if (all.length === 0) return { name }
  const ratio = median(all) / base
  const limit = LIMITS[name]
  return { name, instructions: median(all), ratio, ...(limit && { limit, holds: ratio <= limit }) }
})
if (values.json) process.stdout.write(`${JSON.stringify({ counter: counter.words[0], rows })}\n`)
else {
  process.stdout.write(
    `million instructions, median of ${values.rounds} (${counter.words[0]}, Node ${process.versions.node})\n`,
  )
  for (const { name, instructions, ratio, limit, holds } of rows) {
    const verdict = limit === undefined ? '' : `${holds ? 'at' : 'NOT at'} most ${limit}`
    const figures =
      instructions === undefined
        ? 'failed, or is not installed'
        : `${(instructions / 1e6).toFixed(1).padStart(8)}  ${ratio.toFixed(2).padStart(6)}×  ${verdict}`
    process.stdout.write(`${name.padEnd(18)}${figures}\n`.replace(/ +\n/, '\n'))
  }
}
if (values.check && !rows.every(({ limit, holds }) => limit === undefined || holds)) process.exitCode = 1
