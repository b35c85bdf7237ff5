import { writeOutput } from '../streams/sink.ts'
import { command } from './command.ts'

export const cheat = command({
  description:
    'Prints the ten lines that are worth knowing by heart, each with what it does. They run as they stand with the broker ' +
    'that the first one starts (app.log is a file of yours); TMQTT_HOST and TMQTT_PORT, or -h and -p, name another one.',
  options: {},
  examples: [
    { run: 'tmqtt cheat', shows: 'all of them' },
    { run: 'tmqtt cheat | grep -A 1 pub', shows: 'those that publish' },
  ],

  async run(_values, { stdout }) {
    const { cheatSheet } = await import('../docs/cheat.ts')
    await writeOutput(stdout, cheatSheet(stdout.columns ?? 80))
    return undefined
  },
})
