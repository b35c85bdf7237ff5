import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { statusPainter, topicStyle, type When } from '../../src/terminal/style.ts'

type Env = Readonly<Record<string, string>>

function io(isTTY: boolean, env: Env) {
  return { stdout: Object.assign(new PassThrough(), { isTTY }), env }
}

/** Whether there is colour, as the topic and the marks of a check have it. */
function isColoured(when: When, isTTY: boolean, env: Env): readonly boolean[] {
  return [topicStyle(io(isTTY, env), when) !== undefined, statusPainter(io(isTTY, env), when)('passed', 'x') !== 'x']
}

describe('colour', () => {
  it.each<[when: When, where: 'terminal' | 'pipe', env: Env, colour: boolean]>([
    ['auto', 'terminal', {}, true],
    ['auto', 'pipe', {}, false],
    ['auto', 'terminal', { NO_COLOR: '1' }, false],
    ['auto', 'terminal', { NO_COLOR: '0' }, false],
    ['auto', 'terminal', { NO_COLOR: '' }, true],
    ['auto', 'terminal', { TERM: 'dumb' }, false],
    ['auto', 'pipe', { FORCE_COLOR: '1' }, true],
    ['auto', 'pipe', { FORCE_COLOR: '0' }, true],
    ['auto', 'pipe', { FORCE_COLOR: '' }, false],
    ['auto', 'terminal', { FORCE_COLOR: '1', TERM: 'dumb' }, true],
    ['auto', 'terminal', { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['auto', 'pipe', { NO_COLOR: '', FORCE_COLOR: '1' }, true],
    ['always', 'pipe', {}, true],
    ['always', 'terminal', { NO_COLOR: '1' }, true],
    ['always', 'terminal', { TERM: 'dumb' }, true],
    ['never', 'terminal', {}, false],
    ['never', 'pipe', { FORCE_COLOR: '1' }, false],
  ])('with --color %s in a %s with %j: %s', (when, where, env, colour) => {
    expect(isColoured(when, where === 'terminal', env)).toEqual([colour, colour])
  })
})

describe('topicStyle', () => {
  it('is cyan', () => {
    expect(topicStyle(io(true, {}), 'auto')).toEqual({ open: '\x1b[36m', close: '\x1b[39m' })
  })
})
