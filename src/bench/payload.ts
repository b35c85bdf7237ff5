import { uniform } from './random.ts'

/** Bytes that compress badly, the same for the same seed. */
export function payloadOf(size: number, seed: number): Buffer {
  const random = uniform(seed)
  return Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)))
}
