import { broker } from './broker.ts'
import type { Command } from './command.ts'
import { expect } from './expect.ts'
import { profileCommand } from './profile.ts'
import { pub } from './pub.ts'
import { reply } from './reply.ts'
import { rr } from './rr.ts'
import { sub } from './sub.ts'

const others = [pub, sub, rr, reply, expect, broker]

/** All commands, in the order of --help. */
export const commands: readonly Command[] = [...others, profileCommand(others)]
