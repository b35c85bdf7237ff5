// What the bundle is made of, in the words of CycloneDX.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './packaging/run.mjs'

/** For npm all packages are of development, since the bundle holds what it needs of them. */
const OF_DEVELOPMENT = 'cdx:npm:package:development'

/** @returns the document of npm, without the packages that only tools need. */
export function sbomOf({ name, version }) {
  const format = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application']
  const document = JSON.parse(run('npm', ['sbom', '--package-lock-only', ...format]))
  const itself = `${name}@${version}`
  const bundled = new Set([itself, ...bundledPackages()])
  // npm names it after the folder.
  document.metadata.component.name = name
  document.components = document.components
    .filter((component) => bundled.has(component['bom-ref']))
    .map((component) => ({
      ...component,
      properties: component.properties.filter((property) => property.name !== OF_DEVELOPMENT),
    }))
  document.dependencies = document.dependencies
    .filter(({ ref }) => bundled.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => bundled.has(each)) }))
  return document
}

/** As the build has found them. */
function bundledPackages() {
  const text = readFileSync(join(root, 'dist/LICENSES.txt'), 'utf8')
  return [...text.matchAll(/^-{80}\n\n(\S+) (\S+) \(/gm)].map(([, name, version]) => `${name}@${version}`)
}
