// Runs pub, sub, rr and reply with faults for as long as asked, and prints what was lost, repeated and leaked.
//
// npm run soak -- [--minutes N] [--seed N]
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
})
console.log(`${values.minutes} min, seed ${values.seed}`)
const { status } = spawnSync('npx', ['vitest', 'run', 'test/soak/soak.test.ts', '--disable-console-intercept'], {
  env: { ...process.env, SOAK_MINUTES: values.minutes, SOAK_SEED: values.seed },
  stdio: 'inherit',
})
process.exitCode = status ?? 1
