// Reads standard input at a rate, and prints how many lines it got.
//
//   node slow-reader.mjs BYTES_PER_SECOND
import { setTimeout } from 'node:timers/promises'

const rate = Number(process.argv[2])
let lines = 0
for await (const chunk of process.stdin) {
  for (const byte of chunk) if (byte === 0x0a) lines++
  await setTimeout((chunk.length / rate) * 1000)
}
console.log(lines)
