import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, onTestFinished, type TestContext } from 'vitest'

type CleanUp = () => unknown
const endOfFile: CleanUp[] = []
const concurrent = new AsyncLocalStorage<TestContext>()

/** The body of a test that runs beside others: without this, what it has to clean up would count for any of them. */
export function besideOthers<T>(context: TestContext, body: () => Promise<T>): Promise<T> {
  return concurrent.run(context, body)
}

/** Runs `cleanUp` when the current test is over; called outside a test (`beforeAll`), when its file is. Last in, first out. */
export function atEndOfTest(cleanUp: CleanUp): void {
  const finished = async () => {
    await cleanUp()
  }
  try {
    const context = concurrent.getStore()
    if (context === undefined) onTestFinished(finished)
    else context.onTestFinished(finished)
  } catch {
    // onTestFinished refuses outside a test.
    atEndOfFile(cleanUp)
  }
}

/** Runs `cleanUp` after the last test of the file: for what its tests share. Last in, first out. */
export function atEndOfFile(cleanUp: CleanUp): void {
  endOfFile.push(cleanUp)
}

afterAll(async () => {
  for (const cleanUp of endOfFile.splice(0).reverse()) await cleanUp()
})
