import { benchCompare } from './bench/compare.ts'
import { benchMerge } from './bench/merge.ts'
import { broker } from './broker.ts'
import type { Command } from './command.ts'
import { profileCommand } from './profile.ts'
import { pub } from './pub.ts'
import { reply } from './reply.ts'
import { rr } from './rr.ts'
import { sub } from './sub.ts'

const others = [pub, sub, rr, reply, benchCompare, benchMerge, broker]

/** All commands, in the order of --help. */
export const commands: readonly Command[] = [...others, profileCommand(others)]
