/** Values handed out one by one, in order, each to one who waits. */
export class Queue<T> {
  #values: T[] = []
  #waiters: {
    readonly wanted: string
    readonly resolve: (value: T) => void
    readonly reject: (error: Error) => void
  }[] = []
  #ended: string | undefined

  push(value: T): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#values.push(value)
    else waiter.resolve(value)
  }

  /** Nothing more will come; who still waits is told `why`. */
  end(why: string): void {
    this.#ended = why
    for (const { wanted, reject } of this.#waiters.splice(0)) reject(new Error(`waited for ${wanted}, but ${why}`))
  }

  /** The next value; rejects when the end comes first. */
  async next(wanted: string): Promise<T> {
    if (this.#values.length > 0) return this.#values.shift()!
    if (this.#ended !== undefined) throw new Error(`waited for ${wanted}, but ${this.#ended}`)
    return await new Promise<T>((resolve, reject) => {
      this.#waiters.push({ wanted, resolve, reject })
    })
  }
}
