import { afterEach, describe, expect, it, vi } from 'vitest'
import { strftime } from '../../src/formatters/strftime.ts'

afterEach(() => void vi.unstubAllEnvs())

describe('strftime', () => {
  const afternoon = new Date(2026, 10, 2, 14, 5, 9)

  it.each([
    ['a', 'Mon'],
    ['A', 'Monday'],
    ['b', 'Nov'],
    ['B', 'November'],
    ['c', 'Mon Nov  2 14:05:09 2026'],
    ['C', '20'],
    ['d', '02'],
    ['D', '11/02/26'],
    ['e', ' 2'],
    ['F', '2026-11-02'],
    ['g', '26'],
    ['G', '2026'],
    ['h', 'Nov'],
    ['H', '14'],
    ['I', '02'],
    ['j', '306'],
    ['k', '14'],
    ['l', ' 2'],
    ['m', '11'],
    ['M', '05'],
    ['n', '\n'],
    ['p', 'PM'],
    ['P', 'pm'],
    ['r', '02:05:09 PM'],
    ['R', '14:05'],
    ['S', '09'],
    ['t', '\t'],
    ['T', '14:05:09'],
    ['u', '1'],
    ['U', '44'],
    ['V', '45'],
    ['w', '1'],
    ['W', '44'],
    ['x', '11/02/26'],
    ['X', '14:05:09'],
    ['y', '26'],
    ['Y', '2026'],
    ['%', '%'],
    ['Q', '%Q'],
    [' ', '% '],
    ['E', '%E'],
    ['ä', '%ä'],
    ['0', '%0'],
    ['2', '%2'],
    ['5', '   %5'],
  ])('converts %s to %j', (letter, text) => {
    expect(strftime(letter, afternoon)).toBe(text)
  })

  it.each([
    ['midnight', new Date(2026, 0, 4, 0, 0, 0), { I: '12', l: '12', k: ' 0', p: 'AM', j: '004', u: '7', w: '0' }],
    ['noon', new Date(2026, 0, 1, 12, 0, 0), { I: '12', p: 'PM', P: 'pm' }],
  ])('knows %s', (_name, date, expected) => {
    for (const [letter, text] of Object.entries(expected)) expect(strftime(letter, date)).toBe(text)
  })

  it.each([
    // From glibc: year, month, day → U, W, V, G, g.
    [2005, 1, 1, '00 00 53 2004 04'],
    [2006, 1, 1, '01 00 52 2005 05'],
    [2007, 12, 31, '52 53 01 2008 08'],
    [2008, 12, 28, '52 51 52 2008 08'],
    [2020, 12, 31, '52 52 53 2020 20'],
    [2024, 12, 30, '52 53 01 2025 25'],
    [2026, 11, 22, '47 46 47 2026 26'],
  ])('counts the weeks of %d-%d-%d', (year, month, day, weeks) => {
    const date = new Date(year, month - 1, day)
    expect(['U', 'W', 'V', 'G', 'g'].map((letter) => strftime(letter, date)).join(' ')).toBe(weeks)
  })

  it.each([
    ['UTC', '2026-11-22T02:21:12Z', '02:21 +0000 UTC'],
    ['Europe/Berlin', '2026-11-22T02:21:12Z', '03:21 +0100 CET'],
    ['Europe/Berlin', '2026-07-22T02:21:12Z', '04:21 +0200 CEST'],
    ['America/St_Johns', '2026-07-22T02:21:12Z', '23:51 -0230 NDT'],
    ['Asia/Kathmandu', '2026-07-22T02:21:12Z', '08:06 +0545 +0545'],
    ['America/Sao_Paulo', '2026-07-22T02:21:12Z', '23:21 -0300 -03'],
  ])('takes the time zone %s at %s', (zone, time, expected) => {
    vi.stubEnv('TZ', zone)
    const date = new Date(time)
    expect(['R', 'z', 'Z'].map((letter) => strftime(letter, date)).join(' ')).toBe(expected)
    expect(strftime('s', date)).toBe(String(date.getTime() / 1000))
  })
})
