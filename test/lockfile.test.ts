import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** What a project says that it needs. */
interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

interface Entry {
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly resolved?: string
  readonly integrity?: string
  readonly version?: string
  readonly hasInstallScript?: boolean
}

describe.each(['package-lock.json', '.ci/packaging/package-lock.json'])('%s', (path) => {
  const { packages } = readJson<{ readonly packages: Readonly<Record<string, Entry>> }>(path)

  it('has of each package the one version that is asked for', () => {
    const { dependencies, devDependencies } = readJson<Manifest>(path.replace('-lock', ''))
    const wanted = Object.entries({ ...dependencies, ...devDependencies })
    expect(wanted.length).toBeGreaterThan(0)
    for (const [name, version] of wanted) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/)
      expect(packages[`node_modules/${name}`]?.version).toBe(version)
    }
  })

  it('knows of each package what is in it', () => {
    const unknown = Object.entries(packages).filter(
      ([path, { integrity }]) => path !== '' && !integrity?.startsWith('sha512-'),
    )
    expect(unknown.map(([path]) => path)).toEqual([])
  })

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

it('has MQTT.js of 5.16 or newer, which no packet of a broker brings down any more', () => {
  const { devDependencies } = readJson<Manifest>('package.json')
  const [major, minor] = devDependencies!.mqtt!.split('.').map(Number)
  expect([major, minor! >= 16]).toEqual([5, true])
})

it('has no package in the bundle that runs a script at install', () => {
  const { packages } = readJson<{ readonly packages: Readonly<Record<string, Entry>> }>('package-lock.json')
  const bundled = [...readFileSync('dist/LICENSES.txt', 'utf8').matchAll(/^-{80}\n\n(\S+) (\S+) \(/gm)]
  expect(bundled.length).toBeGreaterThan(20)
  for (const [, name, version] of bundled) {
    const copies = Object.entries(packages).filter(([path]) => path.endsWith(`node_modules/${name}`))
    const [, entry] = copies.find(([, each]) => each.version === version)!
    expect(entry, name).not.toHaveProperty('hasInstallScript')
  }
})

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8'))
}
