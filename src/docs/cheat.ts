import { widthFor, wrap } from './layout.ts'

/** The most useful lines, each with what it does. */
export const cheats: readonly { readonly run: string; readonly shows: string }[] = [
  { run: 'tmqtt broker &', shows: 'a broker to try things with, on this machine' },
  { run: "tmqtt sub -t 'home/#' -v", shows: 'all messages below home, each behind its topic' },
  {
    run: 'tmqtt pub -t home/light -m on -q 1 -r',
    shows: 'one message, acknowledged, and retained for who comes later',
  },
  { run: 'tail -f app.log | tmqtt pub -l -t log -q 1', shows: 'a message for each line, as it comes' },
  { run: 'tmqtt sub -t status -C 1 -W 10', shows: 'wait for a message, no longer than 10 seconds' },
  { run: "tmqtt sub -t 'home/#' --json >home.jsonl", shows: 'record messages, with all that is known of them' },
  { run: 'tmqtt pub --json <home.jsonl', shows: 'publish them again' },
  {
    run: "tmqtt sub -t jobs -q 1 -c -i worker --exec 'cat >>jobs.log'",
    shows: 'a command for each message; what comes meanwhile waits at the broker',
  },
  { run: "tmqtt retain list -t 'home/#'", shows: 'what the broker has retained' },
  { run: 'tmqtt check --wait 30s', shows: 'what the broker can do, once it is up; exit status 6 if something fails' },
]

/** The lines with their meanings beside them, or below where the terminal is too narrow for both. */
export function cheatSheet(columns: number): string {
  const indent = Math.max(...cheats.map(({ run }) => run.length)) + 2
  const longest = Math.max(...cheats.map(({ shows }) => shows.length))
  const rows = cheats.map(({ run, shows }) =>
    indent + longest <= columns ? `${run.padEnd(indent)}${shows}\n` : `${run}\n${wrap(shows, 4, widthFor(columns))}\n`,
  )
  return rows.join('')
}
