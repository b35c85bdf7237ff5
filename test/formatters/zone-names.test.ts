import { afterEach, describe, expect, it, vi } from 'vitest'
import { zoneAbbreviation } from '../../src/formatters/zone-names.ts'

afterEach(() => void vi.unstubAllEnvs())

describe('zoneAbbreviation', () => {
  it.each([
    ['UTC', 'UTC', 'UTC'],
    ['Europe/London', 'GMT', 'BST'],
    ['Europe/Jersey', 'GMT', 'BST'],
    ['Europe/Berlin', 'CET', 'CEST'],
    ['Europe/Athens', 'EET', 'EEST'],
    ['America/New_York', 'EST', 'EDT'],
    ['America/Los_Angeles', 'PST', 'PDT'],
    ['America/Phoenix', 'MST', 'MST'],
    ['Asia/Kolkata', 'IST', 'IST'],
    ['Asia/Tokyo', 'JST', 'JST'],
    ['Australia/Sydney', 'AEDT', 'AEST'],
    ['Pacific/Auckland', 'NZDT', 'NZST'],
    ['Europe/Istanbul', undefined, undefined],
    ['Europe/Minsk', undefined, undefined],
    ['Antarctica/Troll', undefined, undefined],
    ['Asia/Colombo', undefined, undefined],
  ])('is in %s %s in January and %s in July', (zone, january, july) => {
    vi.stubEnv('TZ', zone)
    expect(zoneAbbreviation(new Date('2026-01-15T12:00:00Z'))).toBe(january)
    expect(zoneAbbreviation(new Date('2026-07-15T12:00:00Z'))).toBe(july)
  })
})
