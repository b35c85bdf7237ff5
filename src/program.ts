/** What a worker thread of this program runs; the executable has an address of its own in place of it. */
export const program = new URL(import.meta.url)
