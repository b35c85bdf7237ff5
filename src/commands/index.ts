import { broker } from './broker.ts'
import type { Command } from './command.ts'
import { pub } from './pub.ts'
import { sub } from './sub.ts'

/** All commands, in the order of --help. */
export const commands: readonly Command[] = [pub, sub, broker]
