import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Hazard, hazards } from './hazards.ts'

const root = new URL('../', import.meta.url)

/** The source of a file of tests, or of what several of them share. */
function textOf(file: string): string {
  const path = [`test/${file}.test.ts`, `test/${file}.ts`].find((each) => existsSync(new URL(each, root)))
  return path === undefined ? '' : readFileSync(new URL(path, root), 'utf8')
}

/** Whether the source of a file has this title, in whichever quotes. */
function hasTest(file: string, title: string): boolean {
  const text = textOf(file)
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => text.includes(quoted))
}

describe.each<[group: string, hazards: readonly Hazard[]]>(Object.entries(hazards))('%s:', (_group, each) => {
  it.each(each)('$name', ({ held, tests }) => {
    expect(held.where).not.toEqual([])
    expect(tests).not.toEqual([])
    expect(held.where.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
    expect(tests.filter(([file, title]) => !hasTest(file, title))).toEqual([])
  })
})
