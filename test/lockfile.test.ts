import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

interface Entry {
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly resolved?: string
  readonly hasInstallScript?: boolean
}

describe.each(['package-lock.json', '.ci/packaging/package-lock.json'])('%s', (path) => {
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as { readonly packages: Readonly<Record<string, Entry>> }

  it('holds no download addresses', () => {
    expect(Object.keys(packages).filter((path) => packages[path]!.resolved !== undefined)).toEqual([])
  })

  // Left out by npm when one is missing at the registry; then `npm ci` refuses the lockfile.
  it('holds the packages for every platform', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
      ),
    )
    expect(missing).toEqual([])
  })

  it('lets only esbuild and fsevents run a script at install', () => {
    const scripts = Object.keys(packages).filter((path) => path !== '' && packages[path]!.hasInstallScript)
    expect(scripts.filter((path) => !/\/(esbuild|fsevents)$/.test(path))).toEqual([])
  })
})
