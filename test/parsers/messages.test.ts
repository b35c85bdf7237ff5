import { describe, expect, it } from 'vitest'
import { Faults } from '../../src/parsers/faults.ts'
import { LineFault } from '../../src/parsers/line-fault.ts'
import { type Batch, messages, payloads } from '../../src/parsers/messages.ts'

async function* chunksOf(parts: readonly string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part)
}

/** A line's first character is its header, the rest its payload; `!` is a fault, `-` has no message. */
function read(bytes: Buffer, start: number, end: number) {
  const header = bytes.toString('latin1', start, start + 1)
  if (header === '!') throw new LineFault('bad')
  return header === '-' ? undefined : { header, start: start + 1, end }
}

/** The messages of each batch, and what was noticed. */
async function collect(parts: readonly string[], keepGoing: boolean) {
  const notices: string[] = []
  const faults = new Faults({ keepGoing, notice: (text) => notices.push(text) })
  const found = messages(chunksOf(parts), read, { line: 8, payload: 5 }, faults)
  const batches = await textsOf(found)
  return { batches, notices, verdict: faults.verdict(batches.flat().length, undefined)?.message }
}

async function textsOf(found: AsyncIterable<Batch<string>>): Promise<string[][]> {
  const batches: string[][] = []
  for await (const { headers, bytes, bounds } of found) {
    const texts: string[] = []
    for (let at = 0; at < bounds.length; at += 2) {
      const header = typeof headers === 'string' ? headers : headers[at / 2]
      texts.push(`${header} ${bytes.toString('latin1', bounds[at], bounds[at + 1])}`)
    }
    batches.push(texts)
  }
  return batches
}

describe('messages', () => {
  it('makes a batch of the lines of a chunk', async () => {
    const { batches, verdict } = await collect(['a1\nb2\na\nc', '3\n-x\nd\n', '-\n'], false)
    expect(batches).toEqual([['a 1', 'b 2', 'a '], ['c 3'], ['d ']])
    expect(verdict).toBeUndefined()
  })

  it.each<[what: string, parts: string[], batches: string[][], fault: string]>([
    ['that is faulty', ['a1\nb2\n!\nc3\n', 'd\n'], [['a 1', 'b 2']], 'line 3: bad'],
    ['that is faulty, behind one without message', ['a1\n-\n!\nc3\n'], [['a 1']], 'line 3: bad'],
    ['that is faulty, over two chunks', ['a1\n!', 'x\nc3\n'], [['a 1']], 'line 2: bad'],
    ['that is too long', ['a1\nb12345678\nc3\n'], [['a 1']], 'line 2: longer than 8 bytes'],
    ['whose payload is too long', ['a1\nb123456\nc3\n'], [['a 1']], 'line 2: the payload is longer than 5 bytes'],
  ])('ends at a line %s, behind the messages before it', async (_what, parts, batches, fault) => {
    const found = await collect(parts, false)
    expect(found.batches).toEqual(batches)
    expect(found.verdict).toMatch(new RegExp(`^${fault}; the `))
  })

  it('goes on behind faulty lines with keepGoing', async () => {
    const found = await collect(['!\na1\n!\nb123456\nb2\n12345', '6789\nc\n!'], true)
    expect(found.batches).toEqual([['a 1', 'b 2'], ['c ']])
    expect(found.notices).toEqual([
      'line 1: bad',
      'line 3: bad',
      'line 4: the payload is longer than 5 bytes',
      'line 6: longer than 8 bytes',
      'line 8: bad',
    ])
  })

  it('reads no more of the source behind a fault', async () => {
    let ended = false
    async function* source() {
      try {
        for (;;) yield Buffer.from('a\n!\n')
      } finally {
        ended = true
      }
    }
    const faults = new Faults({ keepGoing: false, notice: () => {} })
    const found = messages(source(), read, { line: 8, payload: 5 }, faults)
    expect(await textsOf(found)).toEqual([['a ']])
    expect(ended).toBe(true)
  })

  it('hands on what is no fault of a line', async () => {
    const broken = (): never => {
      throw new Error('bug')
    }
    const faults = new Faults({ keepGoing: true, notice: () => {} })
    const found = messages<string>(chunksOf(['a\n']), broken, { line: 8, payload: 5 }, faults)
    await expect(textsOf(found)).rejects.toThrow('bug')
  })
})

describe('payloads', () => {
  it.each([
    [true, [['h a'], ['h c', 'h ']], '1 of 4 lines is faulty; the other 3 were published'],
    [false, [['h a']], 'line 2: longer than the 5 bytes of a payload; the one before it was published'],
  ])('leaves out, or ends at, a line that is too long (keepGoing %s)', async (keepGoing, batches, verdict) => {
    const faults = new Faults({ keepGoing, notice: () => {} })
    expect(await textsOf(payloads(chunksOf(['a\n123456\nc\n\n']), 'h', 5, faults))).toEqual(batches)
    expect(faults.verdict(batches.flat().length, undefined)?.message).toBe(verdict)
  })
})
