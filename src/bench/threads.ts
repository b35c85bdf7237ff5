import { Worker as Thread } from 'node:worker_threads'
import { Crew } from './crew.ts'
import { CREW, type CrewSetup, type Report, type Worker } from './orders.ts'

/** The crew of the only worker, in this thread. @throws UsageError */
export function crewHere(setup: CrewSetup, report: (report: Report) => void): Worker {
  return new Crew(setup, report)
}

/**
 * A crew in a thread of its own.
 *
 * @param program the file that the thread runs: that of this program, whose `main.ts` calls `runCrew` there.
 */
export function crewInThread(setup: CrewSetup, program: URL, report: (report: Report) => void): Worker {
  const thread = new Thread(program, { argv: [CREW], workerData: setup })
  thread.on('message', report)
  thread.on('error', (error) => report({ tells: 'failed', error }))
  thread.on('exit', () => report({ tells: 'failed', error: new Error(`worker ${setup.worker} has ended`) }))
  return {
    order: (order) => thread.postMessage(order),
    stop: async () => {
      await thread.terminate()
    },
  }
}
