import { expect, it } from 'vitest'
import { Health } from '../../src/bench/health.ts'

it('sees that its thread stood still, also when it is asked before any timer has had its turn', () => {
  const health = new Health()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60)
  const [first, second] = [health.take(), health.take()]
  health.stop()
  expect(first.loopDelayMaxMs).toBeGreaterThan(50)
  expect(first.loopDelayP99Ms).toBeGreaterThan(50)
  expect(second.loopDelayMaxMs).toBeLessThan(50)
})
