import { describe, expect, it } from 'vitest'
import { ConnectionLostError, LocalError, RefusedError } from '../../src/errors.ts'
import { Faults } from '../../src/parsers/faults.ts'

function start(keepGoing: boolean) {
  const notices: string[] = []
  return { faults: new Faults({ keepGoing, notice: (text) => notices.push(text) }), notices }
}

const refused = new RefusedError('2 of 16 messages rejected: Not authorized (135)', 135)

describe('Faults', () => {
  it.each([
    [0, 'line 17: bad; nothing was published before it'],
    [1, 'line 17: bad; the one before it was published'],
    [16, 'line 17: bad; the 16 before it were published'],
  ])('end the reading at the first, with %d messages before it', (sent, message) => {
    const { faults, notices } = start(false)
    expect(faults.add(17, 'bad')).toBe(false)
    expect(faults.verdict(sent, undefined)).toEqual(new LocalError(message))
    expect(notices).toEqual([])
  })

  it('say what was rejected before the first', () => {
    const { faults } = start(false)
    faults.add(17, 'bad')
    const message = 'line 17: bad; before it, 2 of 16 messages rejected: Not authorized (135)'
    expect(faults.verdict(16, refused)).toEqual(new LocalError(message))
  })

  it('explain a failure that came after the first', () => {
    const { faults } = start(false)
    const lost = new ConnectionLostError('the connection was lost')
    expect(faults.explain(lost)).toBe(lost)
    faults.add(3, 'bad')
    expect(faults.explain(lost)).toMatchObject({ message: 'line 3: bad; the connection was lost', exitCode: 7 })
  })

  it('are shown up to the tenth and counted with keepGoing', () => {
    const { faults, notices } = start(true)
    for (let line = 1; line <= 30; line++) expect(faults.add(line, 'bad')).toBe(true)
    const shown = Array.from({ length: 10 }, (_, at) => `line ${at + 1}: bad`)
    expect(notices).toEqual([...shown, 'more lines are faulty; they are only counted'])
    expect(faults.verdict(70, undefined)?.message).toBe('30 of 100 lines are faulty; the other 70 were published')
    expect(faults.verdict(16, refused)).toEqual(
      new LocalError('30 of 46 lines are faulty; 2 of 16 messages rejected: Not authorized (135)'),
    )
    expect(faults.explain(refused)).toBe(refused)
  })

  it.each([
    [0, '1 of 1 lines is faulty; nothing was published'],
    [1, '1 of 2 lines is faulty; the other one was published'],
  ])('are counted in words that fit %d others', (sent, message) => {
    const { faults } = start(true)
    faults.add(1, 'bad')
    expect(faults.verdict(sent, undefined)?.message).toBe(message)
  })

  it('leave the outcome as it is where there are none', () => {
    const { faults } = start(true)
    expect(faults.verdict(5, undefined)).toBeUndefined()
    expect(faults.verdict(16, refused)).toBe(refused)
  })
})
