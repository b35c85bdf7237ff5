// `npm run release`: a dry run. Makes everything that a release consists of in build/release, checks it, and says what
// is left to do by hand; publishes nothing.
//
//   npm run release -- [--skip STEP]… [--out FOLDER]
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { root, run } from './packaging/run.mjs'
import { host } from './packaging/targets.mjs'
import { sbomOf } from './sbom.mjs'

const MAX_BYTES = 1_000_000

const { values } = parseArgs({
  options: {
    skip: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: join(root, 'build/release') },
  },
})
const out = resolve(values.out)
const manifest = readJson('package.json')
const { name, version } = manifest
const [heading] = /(?<=^## ).+/m.exec(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'))

/** Each says what it has found to be well, or throws. */
const steps = {
  tree() {
    const changed = run('git', ['status', '--porcelain'])
    if (changed !== '') throw new Error(`not all is committed:\n${changed}`)
    return `all is committed: ${run('git', ['rev-parse', '--short', 'HEAD']).trim()}`
  },

  version() {
    if (readJson('package-lock.json').version !== version)
      throw new Error(`package-lock.json is of another version than package.json, ${version}`)
    if (!heading.startsWith(`${version}, `)) throw new Error(`CHANGELOG.md begins with ${heading}, not with ${version}`)
    const tag = `v${version}`
    const isElsewhere = run('git', ['tag', '--list', tag]) !== run('git', ['tag', '--list', tag, '--points-at', 'HEAD'])
    if (isElsewhere) throw new Error(`the tag ${tag} is on another commit: ${version} has been released`)
    return `${version} in package.json, package-lock.json and CHANGELOG.md, and not released yet`
  },

  check() {
    run('npm', ['run', 'check'], { stdio: 'inherit' })
    return 'npm run check is green'
  },

  build() {
    run('npm', ['run', '--silent', 'build'])
    return 'dist is made anew'
  },

  async package() {
    const [packed] = JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', out]))
    const strangers = packed.files.filter(
      ({ path }) => !/^((bin|dist|man)\/.+|CHANGELOG\.md|LICENSE|README\.md|package\.json)$/.test(path),
    )
    if (strangers.length > 0) throw new Error(`the package holds ${strangers.map(({ path }) => path).join(', ')}`)
    if (packed.size > MAX_BYTES) throw new Error(`the package has ${packed.size} bytes, more than ${MAX_BYTES}`)
    const tarball = readFileSync(join(out, packed.filename))
    const { messages } = await publint({ strict: true, pack: { tarball: new Uint8Array(tarball).buffer } })
    if (messages.length > 0) throw new Error(messages.map((message) => formatMessage(message, manifest)).join('\n'))
    return `${packed.filename}: ${packed.files.length} files, ${packed.size} bytes; publint has nothing to say`
  },

  sbom() {
    const document = sbomOf(manifest)
    const file = `${name}-${version}.cdx.json`
    writeFileSync(join(out, file), `${JSON.stringify(document, undefined, 2)}\n`)
    return `${file}: ${document.components.length} packages are in the bundle`
  },

  executables() {
    run('node', ['.ci/package.mjs', '--out', out])
    const sums = readFileSync(join(out, 'SHA256SUMS'), 'utf8').trim().split('\n')
    for (const line of sums) {
      const [sum, file] = line.split('  ')
      const found = createHash('sha256')
        .update(readFileSync(join(out, file)))
        .digest('hex')
      if (sum !== found) throw new Error(`${file} is not what SHA256SUMS says`)
    }
    const said = run(join(out, host.file), ['--version'], { env: {} }).trim()
    if (said !== `${name} ${version}`) throw new Error(`${host.file} says that it is ${said}`)
    return `${sums.map((line) => line.split('  ')[1]).join(', ')}; SHA256SUMS is right`
  },
}

const unknown = values.skip.find((step) => !(step in steps))
if (unknown === undefined) await takeSteps()
else fail(`--skip ${unknown}: no such step; there are ${Object.keys(steps).join(', ')}`)

async function takeSteps() {
  mkdirSync(out, { recursive: true })
  for (const [step, take] of Object.entries(steps)) {
    if (values.skip.includes(step)) continue
    try {
      console.log(`ok      ${step}: ${await take()}`)
    } catch (error) {
      fail(`FAILED  ${step}: ${error.message.trim()}`)
    }
  }
  if (process.exitCode !== undefined) console.log('\nThe rest only when all this is ok.')
  else console.log(`\nLeft to do:\n${leftToDo().join('\n')}`)
}

function fail(text) {
  console.log(text)
  process.exitCode = 1
}

/** @returns lines of a list. */
function leftToDo() {
  const isDated = /, \d{4}-\d\d-\d\d$/.test(heading)
  const skipped = values.skip.length > 0
  return [
    ...(skipped ? [`- take all the steps: ${values.skip.join(', ')} skipped`] : []),
    ...(isDated ? [] : [`- write the day into the first heading of CHANGELOG.md, "${heading}", and commit`]),
    `- git tag v${version}, and push the tag: that makes it all on each platform, and drafts the release`,
    `- npm publish ${join(out, `${name}-${version}.tgz`)}`,
    '- sign the executable for macOS, unless it was made there: codesign --sign - FILE',
    '- begin the next version: npm version --no-git-tag-version, and a heading "VERSION, not released yet"',
  ]
}

function readJson(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'))
}
