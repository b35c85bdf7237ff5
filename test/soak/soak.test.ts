import { describe, expect, it } from 'vitest'
import { hasMosquitto } from '../support/mosquitto.ts'
import { reportOf } from './report.ts'
import { soak } from './soak.ts'

/** As `npm run soak` sets them. */
const minutes = Number(process.env.SOAK_MINUTES ?? 1)
const seed = Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 2 ** 31))

describe.skipIf(!hasMosquitto)('a soak', () => {
  it('loses nothing, and repeats nothing at QoS 2', { timeout: minutes * 60_000 + 150_000 }, async () => {
    const result = await soak({ minutes, seed })
    const { text, problems } = reportOf(result)
    process.stdout.write(`${text}\n`)
    const faults = result.happened.map(({ atMs, fault, to }) => `${atMs} ms: ${fault}, ${to}`)
    expect(problems, faults.join('\n')).toEqual([])
  })
})
