import { describe, expect, it } from 'vitest'
import { junit } from '../../src/reports/junit.ts'

describe('junit', () => {
  it('counts and lists what passed, failed and was skipped', () => {
    const text = junit({
      name: 'check',
      timeMs: 1500,
      cases: [
        { group: 'mqtt', name: 'qos-1', status: 'passed', timeMs: 1.25 },
        { group: 'mqtt', name: 'will', status: 'failed', timeMs: 1000, message: 'no will', details: ['came: nothing'] },
        { group: 'mqtt', name: 'shared', status: 'skipped', timeMs: 0, message: 'not offered' },
      ],
    })
    expect(text).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="check" tests="3" failures="1" skipped="1" errors="0" time="1.500">
    <testcase classname="mqtt" name="qos-1" time="0.001"/>
    <testcase classname="mqtt" name="will" time="1.000"><failure message="no will">no will&#10;came: nothing</failure></testcase>
    <testcase classname="mqtt" name="shared" time="0.000"><skipped message="not offered"></skipped></testcase>
  </testsuite>
</testsuites>
`)
  })

  it.each([
    ['<a href="x">&', '&lt;a href=&quot;x&quot;&gt;&amp;'],
    ['bell \u0007, escape \u001b', 'bell \ufffd, escape \ufffd'],
    ['half \ud800 a pair, \u{1f600} a whole one', 'half \ufffd a pair, \u{1f600} a whole one'],
    ['two\nlines\tand\ra tab', 'two&#10;lines&#9;and&#13;a tab'],
  ])('writes %j as %j', (message, written) => {
    const text = junit({ name: '', timeMs: 0, cases: [{ group: '', name: '', status: 'failed', timeMs: 0, message }] })
    expect(text).toContain(`<failure message="${written}">${written}</failure>`)
  })
})
