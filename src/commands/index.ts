import { broker } from './broker.ts'
import { check } from './check.ts'
import type { Command } from './command.ts'
import { expect } from './expect.ts'
import { profileCommand } from './profile.ts'
import { pub } from './pub.ts'
import { reply } from './reply.ts'
import { retainClear } from './retain/clear.ts'
import { retainDiff } from './retain/diff.ts'
import { retainList } from './retain/list.ts'
import { rr } from './rr.ts'
import { sub } from './sub.ts'

const others = [pub, sub, rr, reply, check, expect, retainClear, retainList, retainDiff(() => commands), broker]

/** All commands, in the order of --help. */
export const commands: readonly Command[] = [...others, profileCommand(others)]
