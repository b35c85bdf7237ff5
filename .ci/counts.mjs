// Prints the counts of a vitest JSON report; fails when a test failed, none ran, or one was skipped.
import { readFileSync } from 'node:fs'

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
)
const brokenFiles = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
const failed = numFailedTests + brokenFiles
const skipped = numPendingTests + numTodoTests
console.log(`${numPassedTests} passed, ${failed} failed, ${skipped} skipped`)
if (failed > 0 || skipped > 0 || numPassedTests === 0) process.exitCode = 1
