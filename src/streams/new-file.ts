import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LocalError } from '../errors.ts'

/** A new file of this user alone. Failures are LocalErrors that begin with what the file is called. */
export class NewFile {
  readonly #file: FileHandle
  readonly #path: string
  readonly #name: string

  private constructor(file: FileHandle, path: string, name: string) {
    this.#file = file
    this.#path = path
    this.#name = name
  }

  /** @param name for messages, such as `--backup FILE`. @throws LocalError, also where something is at this path. */
  static async create(path: string, name: string): Promise<NewFile> {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR
    return new NewFile(await named(name, open(path, flags, 0o600)), path, name)
  }

  async write(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) await named(this.#name, this.#file.writeFile(piece))
  }

  /** Waits until the file, and that it is there, is on disk. */
  async sync(): Promise<void> {
    await named(this.#name, this.#file.sync())
    const directory = await named(this.#name, open(dirname(this.#path), 'r'))
    // Not every file system can sync a directory.
    await directory.sync().catch(() => {})
    await directory.close()
  }

  /** What was written, from its beginning, in chunks. */
  read(): AsyncIterable<Buffer> {
    return this.#file.createReadStream({ start: 0, autoClose: false })
  }

  async close(): Promise<void> {
    await named(this.#name, this.#file.close())
  }

  /** Removes it, or as much of it as can be removed. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => {})
    await unlink(this.#path).catch(() => {})
  }
}

async function named<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new LocalError(`${name}: ${REASONS[code ?? ''] ?? message}`, { cause: error })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'is there already, and is not overwritten',
  ENOENT: 'no such directory',
  EACCES: 'permission denied',
  ENOSPC: 'no space left on device',
  EFBIG: 'the file would be too large',
}
