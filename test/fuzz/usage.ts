import assert from 'node:assert/strict'
import { UsageError } from '../../src/errors.ts'

const INHERITED = JSON.stringify(Reflect.ownKeys(Object.prototype).map(String))

/** What `read` gives, undefined for a usage error in one piece; any other error, and a change of all objects, is a fault. */
export async function unlessUsage<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    assert.ok(error.message.length > 0)
    return undefined
  } finally {
    assert.equal(JSON.stringify(Reflect.ownKeys(Object.prototype).map(String)), INHERITED, 'all objects have changed')
  }
}
