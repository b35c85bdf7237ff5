import { machineId } from '../../bench/machine.ts'
import type { RunEvents } from '../../bench/run.ts'
import type { Io } from '../../io.ts'

/** What a run needs of the world around it. */
export function surroundingsOf(io: Io): Pick<RunEvents, 'signal' | 'program' | 'host' | 'cpuUsage'> {
  const { signal, program, cpuUsage, monotonicUs } = io
  return { signal, program, cpuUsage, host: { id: machineId(), monotonicUs } }
}
