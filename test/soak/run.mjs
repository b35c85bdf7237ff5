// Runs pub, sub, rr and reply with faults for as long as asked, and prints what was lost, repeated and leaked.
//
// npm run soak -- [--minutes N] [--seed N]
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string' } },
})
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31))
process.stdout.write(`${values.minutes} min, seed ${seed}\n`)
const { status } = spawnSync('npx', ['vitest', 'run', 'test/soak/soak.test.ts', '--disable-console-intercept'], {
  env: { ...process.env, SOAK_MINUTES: values.minutes, SOAK_SEED: seed },
  stdio: 'inherit',
})
process.exitCode = status ?? 1
