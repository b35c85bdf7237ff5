import type { Case, Suite } from './suite.ts'

/** The suite as JUnit's XML, in the form that GitHub, GitLab and Jenkins read (https://github.com/testmoapp/junitxml). */
export function junit({ name, timeMs, cases }: Suite): string {
  const count = (status: Case['status']) => cases.filter((each) => each.status === status).length
  const counts = `tests="${cases.length}" failures="${count('failed')}" skipped="${count('skipped')}" errors="0"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${escaped(name)}" ${counts} time="${seconds(timeMs)}">`,
    ...cases.map(testcase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function testcase({ group, name, status, timeMs, message = '', details = [] }: Case): string {
  const opening = `    <testcase classname="${escaped(group)}" name="${escaped(name)}" time="${seconds(timeMs)}"`
  if (status === 'passed') return `${opening}/>`
  const element = status === 'failed' ? 'failure' : 'skipped'
  const text = status === 'failed' ? escaped([message, ...details].join('\n')) : ''
  return `${opening}><${element} message="${escaped(message)}">${text}</${element}></testcase>`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** XML 1.0 has no way to write most control characters, nor half a surrogate pair [XML 1.0, 2.2]. */
function escaped(text: string): string {
  return text
    .replace(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!)
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}
