import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { runCli } from '../support/run.ts'
import { finish, run } from './scenarios.ts'
import { type Subject, versionsOf } from './subject.ts'

/** What subscriptions with wildcards get. */
export function wildcardScenarios({ limits, start }: Subject): void {
  const { dollarTopics, wildcardTopics } = limits

  describe.each(versionsOf(limits))('with -V %s', (version) => {
    it.each([
      { filter: 'w/+', matched: ['w/a', 'w/'], unmatched: ['w', 'w/a/b', 'v/a'] },
      { filter: 'w/+/z', matched: ['w/a/z', 'w//z'], unmatched: ['w/z', 'w/a/b/z', 'w/a/y'] },
      { filter: '+/+/z', matched: ['w/a/z', '//z'], unmatched: ['w/z', '/w/a/z'] },
      { filter: 'w/#', matched: ['w', 'w/a', 'w/a/b', 'w/'], unmatched: ['ww', 'v/w'] },
      { filter: 'w/+/#', matched: ['w/a', 'w/a/b', 'w//'], unmatched: ['w', 'v/a'] },
      { filter: '+/a', matched: ['b/a', '/a'], unmatched: ['a', 'b/a/c'] },
    ])('$filter gets $matched, and not $unmatched', async ({ filter, matched, unmatched }) => {
      const { url, subscribed } = await start()
      const at = ['-L', url, '-V', version]
      const subscriber = runCli(['sub', ...at, '-t', filter, '-q', '1', '-R', '-F', '%t', '-C', String(matched.length)])
      await subscribed(filter)
      // What must not come goes first: it would come before the rest.
      const lines = [...unmatched, ...matched].map((topic) => `${topic} x\n`).join('')
      await run(['pub', ...at, '-q', '1', '-l', '--topic-separator', ' '], { stdin: lines })
      expect((await finish(subscriber)).trimEnd().split('\n')).toEqual(matched)
    })

    it('# gets everything, but nothing that a client may not publish', async () => {
      const { url, subscribed } = await start()
      const at = ['-L', url, '-V', version]
      const subscriber = runCli(['sub', ...at, '-t', '#', '-R', '-F', '%t', '-C', '3'])
      await subscribed('#')
      if (wildcardTopics) {
        expect(await subscriber.exit).toBe(ExitCode.connectionLost)
        expect(subscriber.stderr).toContain('it sent PUBLISH with a wildcard in its topic')
        return
      }
      await run(['pub', ...at, '-q', '1', '-l', '--topic-separator', ' '], { stdin: 'a x\n/ x\na/b/c x\n' })
      expect(await finish(subscriber)).toBe('a\n/\na/b/c\n')
    })

    it(`+ ${dollarTopics === 'matched' ? 'stands' : 'does not stand'} for a level that begins with $`, async () => {
      const { url, subscribed } = await start()
      const at = ['-L', url, '-V', version]
      const subscriber = runCli([
        'sub',
        ...at,
        '-t',
        '+/a',
        '-t',
        'end',
        '-q',
        '1',
        '-F',
        '%t',
        '-C',
        dollarTopics === 'matched' ? '2' : '1',
      ])
      await subscribed('end')
      const publisher = runCli(['pub', ...at, '-q', '1', '-t', '$tmqtt/a', '-m', 'x'])
      // Before MQTT 5 a broker can't say so.
      expect(await publisher.exit).toBe(dollarTopics === 'forbidden' && version === '5' ? 144 : 0)
      await run(['pub', ...at, '-q', '1', '-t', 'end', '-m', 'x'])
      expect(await finish(subscriber)).toBe(dollarTopics === 'matched' ? '$tmqtt/a\nend\n' : 'end\n')
    })
  })
}
