import { UsageError } from '../../errors.ts'
import { command } from '../command.ts'
import { blameBroker } from '../session.ts'
import { clearOptions as options } from './clear-options.ts'

export const retainClear = command({
  description:
    'Finds the retained messages under topic filters, clears each by an empty retained message, waits for the ' +
    'acknowledgements, and looks anew: what is gone it prints, a topic a line; what is still there, or there again, ' +
    'it reports, with exit status 6. Nothing in MQTT says that all retained messages have come, so it takes them to ' +
    'be here when none has come for the time of --settle. Topics that begin with $ are cleared only if a filter names ' +
    'them, as $SYS/#. It never waits longer than --connect-timeout, --timeout and --ack-timeout say. When it is ' +
    'interrupted it says how many were cleared.',
  options,
  examples: [
    { run: "tmqtt retain-clear -t 'test/#' --dry-run", shows: 'what would be cleared' },
    {
      run: "tmqtt retain-clear -t 'test/#' --backup test.json --yes",
      shows: "clears it all; 'tmqtt pub --json --retain <test.json' puts it back",
    },
    {
      run: "tmqtt retain-clear -t '#' --match '/state$' --older-than 30d --time-field ts",
      shows: 'what ends in /state and whose field "ts" is more than 30 days old',
    },
  ],

  check(values) {
    if (values.topic.length === 0)
      throw new UsageError("nothing to clear: name a topic filter by -t, such as -t 'home/#'")
  },

  async run(values, io) {
    const { Clearing } = await import('./clearing.ts')
    try {
      return await (await Clearing.prepare(values, io)).run()
    } catch (error) {
      throw blameBroker(error)
    }
  },
})
