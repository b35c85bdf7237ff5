import { uniform } from './random.ts'

/** Bytes that compress badly, the same for the same seed. */
export function payloadOf(size: number, seed: number): Buffer {
  const random = uniform(seed)
  const bytes = Buffer.allocUnsafeSlow(size)
  for (let at = 0; at < size; at++) bytes[at] = random() * 256
  return bytes
}
