import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lines, lines } from '../../streams/lines.ts'
import { NewFile } from '../../streams/new-file.ts'

/** The messages to clear, as JSON lines in a file: the one of --backup, or one that only this run knows. */
export class MessageRecord {
  readonly #file: NewFile
  readonly #isBackup: boolean

  private constructor(file: NewFile, isBackup: boolean) {
    this.#file = file
    this.#isBackup = isBackup
  }

  static async create(path: string | undefined): Promise<MessageRecord> {
    if (path !== undefined) return new MessageRecord(await NewFile.create(path, `--backup ${path}`), true)
    const temporary = join(tmpdir(), `tmqtt-${randomUUID()}.json`)
    return new MessageRecord(await NewFile.create(temporary, `--json: ${temporary}`), false)
  }

  async write(pieces: readonly Uint8Array[]): Promise<void> {
    await this.#file.write(pieces)
  }

  /** All is written: a backup is on disk when this returns. */
  async complete(): Promise<void> {
    if (this.#isBackup) await this.#file.sync()
  }

  lines(): AsyncIterable<Lines> {
    return lines(this.#file.read(), Number.POSITIVE_INFINITY)
  }

  /** Removes what is incomplete. */
  async discard(): Promise<void> {
    await this.#file.discard()
  }

  async close(): Promise<void> {
    await (this.#isBackup ? this.#file.close() : this.#file.discard())
  }
}
