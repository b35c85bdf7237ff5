// npm run fuzz: the long run. Fresh seeds unless told, and as many mutated packets as asked for; prints the totals.
//
//   npm run fuzz -- [--packets 10000000] [--seed N] [FILE …]
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    packets: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000_000)) },
  },
})

const totals = mkdtempSync(join(tmpdir(), 'tmqtt-fuzz-'))
const began = Date.now()

function figures() {
  return readdirSync(totals).flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(totals, name), 'utf8'))]
    } catch {
      // Just being written.
      return []
    }
  })
}

function sum(unit) {
  return figures()
    .filter((target) => target.unit === unit)
    .reduce((all, { cases }) => all + cases, 0)
}

const progress =
  process.stderr.isTTY &&
  setInterval(() => {
    const seconds = Math.round((Date.now() - began) / 1000)
    process.stderr.write(
      `\r\x1b[K${sum('packets').toLocaleString('en')} packets, ${sum('texts').toLocaleString('en')} texts, ${seconds} s`,
    )
  }, 1000)

console.log(`seed ${values.seed}`)
const files = positionals.length > 0 ? positionals : ['test/fuzz']
const vitest = spawn('npx', ['vitest', 'run', '--reporter=dot', ...files], {
  env: { ...process.env, FUZZ_PACKETS: values.packets, FUZZ_SEED: values.seed, FUZZ_TOTALS: totals },
  stdio: ['ignore', 'pipe', 'inherit'],
})
// Only what has failed is of interest.
let output = ''
vitest.stdout.on('data', (chunk) => {
  output += chunk
})
vitest.on('close', (status) => {
  if (progress) clearInterval(progress)
  if (progress) process.stderr.write('\r\x1b[K')
  if (status !== 0) console.log(output)
  for (const { name, unit, cases, runs, ms } of figures()) {
    console.log(
      `${name}: ${cases.toLocaleString('en')} ${unit} in ${runs.toLocaleString('en')} runs, ${Math.round(ms / 1000)} s`,
    )
  }
  const seconds = Math.round((Date.now() - began) / 1000)
  console.log(
    `${sum('packets').toLocaleString('en')} mutated packets and ${sum('texts').toLocaleString('en')} texts in ${seconds} s; ${status === 0 ? 'no find' : 'finds are above'}`,
  )
  rmSync(totals, { recursive: true })
  process.exitCode = status ?? 1
})
