import { describe, expect, it } from 'vitest'
import { Jobs } from '../../src/commands/jobs.ts'

/** Work that ends when the test says so. */
function pending() {
  let end: () => void = () => {}
  const promise = new Promise<void>((resolve) => {
    end = resolve
  })
  return { work: () => promise, end }
}

/** Whether a promise has settled after all that was ready has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  void promise.then(() => {
    settled = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

describe('Jobs', () => {
  it('runs no more than the limit at a time, and the next as soon as one has ended', async () => {
    const jobs = new Jobs(2)
    const [first, second, third] = [pending(), pending(), pending()]
    expect(await jobs.start(first.work)).toBe(true)
    expect(await jobs.start(second.work)).toBe(true)
    const starting = jobs.start(third.work)
    expect(await isSettled(starting)).toBe(false)
    second.end()
    expect(await starting).toBe(true)
    const idle = jobs.idle()
    first.end()
    expect(await isSettled(idle)).toBe(false)
    third.end()
    await idle
  })

  it('never has more than the limit, whoever starts', async () => {
    const jobs = new Jobs(3)
    let running = 0
    let most = 0
    const work = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
    }
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        for (let count = 0; count < 20; count++) await jobs.start(work)
      }),
    )
    await jobs.idle()
    expect([most, running]).toEqual([3, 0])
  })

  it('starts nothing more when it is stopped', async () => {
    const jobs = new Jobs(1)
    const running = pending()
    await jobs.start(running.work)
    const never = () => Promise.reject(new Error('started'))
    const waiting = jobs.start(never)
    jobs.stop()
    expect([await waiting, await jobs.start(never)]).toEqual([false, false])
    running.end()
    await jobs.idle()
  })

  it('tells of the first failure, and has room again', async () => {
    const jobs = new Jobs(1)
    await jobs.start(() => Promise.reject(new Error('first')))
    await jobs.start(() => Promise.reject(new Error('second')))
    await expect(jobs.failed).rejects.toThrow('first')
    await expect(jobs.idle()).rejects.toThrow('first')
  })
})
