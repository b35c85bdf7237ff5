import { describe, expect, it } from 'vitest'
import { tap } from '../../src/reports/tap.ts'

describe('tap', () => {
  it('says what passed, failed and was skipped', () => {
    const text = tap({
      name: 'check',
      timeMs: 1,
      cases: [
        { group: 'mqtt', name: 'qos-1', status: 'passed', timeMs: 1.26 },
        { group: 'mqtt', name: 'will', status: 'failed', timeMs: 1, message: 'no "will"', details: ['came: a\nb'] },
        { group: 'mqtt', name: 'shared', status: 'skipped', timeMs: 0, message: 'not offered' },
      ],
    })
    expect(text).toBe(`TAP version 14
1..3
ok 1 - mqtt: qos-1 # 1.3 ms
not ok 2 - mqtt: will
  ---
  message: "no \\"will\\""
  details:
    - "came: a\\nb"
  ...
ok 3 - mqtt: shared # SKIP not offered
`)
  })

  it('keeps names on one line and free of directives', () => {
    const text = tap({
      name: '',
      timeMs: 0,
      cases: [{ group: 'a#b', name: 'c\\d # SKIP\ne', status: 'passed', timeMs: 0 }],
    })
    expect(text).toContain('ok 1 - a\\#b: c\\\\d \\# SKIP e # 0.0 ms\n')
  })
})
