import { ExitCode, TmqttError, UsageError } from '../errors.ts'
import { holds, payloadContains, payloadIs, payloadMatches } from '../expectations/condition.ts'
import { casesOf } from '../expectations/outcome.ts'
import { type Expectation, Tally } from '../expectations/tally.ts'
import { covers, overlap } from '../mqtt/topic.ts'
import { colorOptions } from '../options/color.ts'
import { connectionOptions } from '../options/connection.ts'
import { expectOptions } from '../options/expect.ts'
import { table, type ValuesOf } from '../options/option.ts'
import { outputOptions } from '../options/output.ts'
import { subscribeOptions } from '../options/subscribe.ts'
import { command } from './command.ts'
import { Expecting } from './expecting.ts'
import { checkOutput } from './output.ts'
import { openReport } from './report-file.ts'
import { blameBroker, filtersOf, noticeTo } from './session.ts'

/** What comes while there is no connection would be missed, so none is lost without failing. */
const { reconnect: _, reconnectDelay: _delay, reconnectMaxDelay: _maxDelay, ...rows } = connectionOptions

const options = table({
  topic: subscribeOptions.topic,
  qos: { ...subscribeOptions.qos, default: 1, defaultText: '1' },
  ...expectOptions,
  ...outputOptions,
  ...colorOptions,
  ...rows,
})

export type ExpectValues = ValuesOf<typeof options>

export const expect = command({
  description:
    'Subscribes, runs the command behind --, if any, once the broker has confirmed the subscription, and checks what ' +
    'comes: a message of -t that meets every condition counts. Without --count, --at-least, --at-most or --in-order, ' +
    'one is enough. It ends as soon as all is met and the command has ended, or something can no longer be met; it ' +
    'goes on to the end of --within where nothing but silence is expected and there is no command. Retained messages ' +
    'from before do not count unless --retained is given. The command has no input, and what it prints goes to ' +
    'standard error; it is a failure when it fails, or does not end within that time: then it is ended with all it ' +
    'has started, as it is when something else has failed. A lost connection is a failure too: it is not made again. ' +
    'The exit status is 0 when everything was met, and 6 when not; then the nearest messages are shown. Nothing is ' +
    'printed on standard output unless -v, -F or --json is given, and then what counts. Each wait has its limit: ' +
    '--connect-timeout, --within for the confirmation of the subscription, --within for the rest, and a few seconds ' +
    'for leaving.',
  options,
  examples: [
    {
      run: "tmqtt expect -t 'order/+/done' --count 3 --none 'order/+/error' -- ./start.sh",
      shows: 'three orders done after a command, and no error',
    },
    {
      run: "tmqtt expect -t status --where 'payload.ok == true' --junit out.xml",
      shows: 'one good message; the result also for the CI server',
    },
    { run: "tmqtt expect --none 'alarm/#' --within 5s", shows: 'silence for five seconds' },
    {
      run: 'tmqtt expect -t job --in-order --where \'text == "a"\' --where \'text == "b"\'',
      shows: 'one after the other',
    },
    {
      run: "tmqtt expect -t 'room/+' --where 'levels[1] != \"hall\" && payload.temp > 20' -v",
      shows: 'what counts is printed',
    },
  ],

  check(values) {
    const filters = filtersOf(values)
    const { none, atLeast, atMost, command: words } = values
    if (filters.length + none.length === 0) {
      throw new UsageError('nothing to expect: name a topic filter by -t, or one on which nothing may come by --none')
    }
    if (filters.length === 0 && asksForMessages(values)) {
      throw new UsageError('-t is missing: conditions and counts are for its messages')
    }
    if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) {
      throw new UsageError(`--at-least ${atLeast} and --at-most ${atMost} can't both be met`)
    }
    for (const filter of filters) checkFilter(filter, filters, none)
    if (words[0] === '') throw new UsageError('-- needs a command behind it, not an empty word')
    checkOutput(values)
  },

  async run(values, io) {
    const tally = new Tally(await expectationOf(values))
    const report = values.junit === undefined ? undefined : await openReport(values.junit)
    const beganMs = performance.now()
    const expecting = new Expecting(values, io, tally)
    let error: unknown
    try {
      await expecting.run()
    } catch (caught) {
      error = blameBroker(caught)
    }
    const timeMs = performance.now() - beganMs
    const cut = error === undefined ? undefined : (error as Error).message
    const cases = casesOf(tally, { cut, elapsedMs: timeMs, withinMs: values.within, ...expecting.ending })
    await report?.write({ name: 'tmqtt expect', timeMs, cases })
    if (error !== undefined) throw error
    const failed = cases.filter(({ status }) => status === 'failed')
    if (failed.length === 0) return undefined
    const notice = noticeTo(io, 'expect')
    for (const detail of failed.flatMap(({ details = [] }) => details)) notice(detail)
    throw new TmqttError(failed.map(({ message }) => message).join('; '), ExitCode.checkFailed)
  },
})

function asksForMessages(values: ExpectValues): boolean {
  const { where, payload, contains, matches, count, atLeast, atMost } = values
  const lists = [where, contains, matches]
  const single = [payload, count, atLeast, atMost]
  return lists.some(({ length }) => length > 0) || single.some((each) => each !== undefined)
}

/** A broker may send a message once for each filter that it matches [MQTT 5, 3.3.4], which would be counted twice. */
function checkFilter(filter: string, filters: readonly string[], none: readonly string[]): void {
  const other = filters.find((each) => each !== filter && overlap(each, filter))
  if (other !== undefined) {
    throw new UsageError(`-t ${filter} and -t ${other} match the same topics: a message may come, and count, twice`)
  }
  const ruledOut = none.find((each) => covers(each, filter))
  if (ruledOut !== undefined) throw new UsageError(`--none ${ruledOut} rules out all that -t ${filter} expects`)
}

/** @throws UsageError for a condition that is not valid. */
async function expectationOf(values: ExpectValues): Promise<Expectation> {
  const { where, payload, contains, matches, count, atLeast, atMost, inOrder, none } = values
  const filters = filtersOf(values)
  const expressions = await Promise.all(where.map(holds))
  const conditions = [
    ...(payload === undefined ? [] : [payloadIs(payload)]),
    ...contains.map(payloadContains),
    ...(await Promise.all(matches.map(payloadMatches))),
    ...(inOrder ? [] : expressions),
  ]
  const steps = inOrder ? expressions : []
  const fewest = filters.length === 0 || atMost !== undefined ? 0 : 1
  return {
    filters,
    conditions,
    steps,
    atLeast: inOrder ? steps.length : (count ?? atLeast ?? fewest),
    atMost: count ?? atMost ?? Number.POSITIVE_INFINITY,
    none,
    withoutRetained: !values.retained && !values.retainAsPublished,
  }
}
