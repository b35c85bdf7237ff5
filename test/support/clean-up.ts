import { afterAll, onTestFinished } from 'vitest'

type CleanUp = () => unknown
const endOfFile: CleanUp[] = []

/** Runs `cleanUp` when the current test is over; called outside a test (`beforeAll`), when its file is. Last in, first out. */
export function atEndOfTest(cleanUp: CleanUp): void {
  try {
    onTestFinished(async () => {
      await cleanUp()
    })
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
