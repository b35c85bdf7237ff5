import { benchCompare } from './bench/compare.ts'
import { benchConn } from './bench/conn.ts'
import { benchFlow } from './bench/flow.ts'
import { benchMerge } from './bench/merge.ts'
import { benchPub } from './bench/pub.ts'
import { benchSelftest } from './bench/selftest.ts'
import { benchSub } from './bench/sub.ts'
import { broker } from './broker.ts'
import { check } from './check.ts'
import type { Command } from './command.ts'
import { completionCommand } from './completion.ts'
import { expect } from './expect.ts'
import { profileCommand } from './profile.ts'
import { pub } from './pub.ts'
import { reply } from './reply.ts'
import { retainClear } from './retain/clear.ts'
import { retainDiff } from './retain/diff.ts'
import { retainList } from './retain/list.ts'
import { rr } from './rr.ts'
import { sub } from './sub.ts'

const engine = async () => (await import('../bench/run.ts')).runBench

const bench = [benchConn, benchPub, benchSub, benchFlow, benchCompare, benchMerge, benchSelftest(engine)]

const retain = [retainClear, retainList, retainDiff(() => commands)]

const others = [pub, sub, rr, reply, ...bench, check, expect, ...retain, broker]

/** All commands, in the order of --help. */
export const commands: readonly Command[] = [...others, profileCommand(others), completionCommand(() => commands)]
