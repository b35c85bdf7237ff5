import assert from 'node:assert/strict'

/** What a terminal obeys or that changes the order of what is read, but for line feed and tab. */
export const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/

/** Fails unless stderr is fit for a user's eyes, and says why where the status is none of success. */
export function checkStderr(stderr: string, command: string, status: number): void {
  assert.doesNotMatch(stderr, /bug in tmqtt/)
  assert.doesNotMatch(stderr, CONTROLS)
  assert.doesNotMatch(stderr, /^ {4}at /m)
  const lines = stderr.split('\n').filter((line) => line !== '')
  for (const line of lines)
    assert.ok(line.startsWith(`tmqtt ${command}: `), `a line of stderr: ${JSON.stringify(line)}`)
  assert.ok(status === 0 || lines.length > 0, `status ${status} without a reason`)
}

/** Whether output is made of some of these pieces, each at most once and in their order. */
export function isMadeOf(output: Buffer, pieces: readonly Buffer[]): boolean {
  const ends = new Set([0])
  for (const piece of pieces) {
    for (const at of [...ends]) if (output.subarray(at, at + piece.length).equals(piece)) ends.add(at + piece.length)
  }
  return ends.has(output.length)
}
