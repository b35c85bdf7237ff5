import { describe, expect, it } from 'vitest'
import { latencyLine } from '../../src/formatters/latency.ts'

describe('latencyLine', () => {
  it.each([
    [0, 'Latency: 0ns\n'],
    [0.000999, 'Latency: 999ns\n'],
    [0.001, 'Latency: 1.000000µs\n'],
    [0.999999, 'Latency: 999.999000µs\n'],
    [1, 'Latency: 1.000000ms\n'],
    [999.999999, 'Latency: 999.999999ms\n'],
    [1000, 'Latency: 1.000000000\n'],
    [61_002.000003, 'Latency: 61.002000003\n'],
  ])('prints %f ms as mosquitto_rr does', (ms, line) => {
    expect(latencyLine(ms)).toBe(line)
  })
})
