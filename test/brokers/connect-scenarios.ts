import { describe, expect, it } from 'vitest'
import { runCli } from '../support/run.ts'
import { spawnTmqtt } from '../support/spawn.ts'
import { finish, run } from './scenarios.ts'
import { type Subject, versionsOf } from './subject.ts'

/** Ways to connect, and ways to be refused. */
export function connectScenarios({ limits, start, user, guarded, isOpen }: Subject): void {
  const { wrongPassword = 5, longClientIds = true, newClientIds = true, isSlowToForget = false } = limits

  describe.each(versionsOf(limits))('with -V %s', (version) => {
    it.each([
      { name: 'none', clientId: '' },
      { name: '23 characters', clientId: 'abcdefghijklmnopqrstuvw' },
      { name: 'what is not ASCII', clientId: 'café/漢字' },
    ])('takes $name as client identifier', async ({ clientId }) => {
      const broker = await start()
      const at = ['-L', broker.url, '-V', version, '-t', 't']
      const subscriber = runCli(['sub', ...at, '-i', clientId, '-C', '1'])
      await broker.subscribed('t', clientId === '' ? undefined : clientId)
      await run(['pub', ...at, '-m', 'x'])
      expect(await finish(subscriber)).toBe('x\n')
    })

    it.each([
      // [MQTT 3.1] allows 23 characters.
      { name: '500 characters', clientId: 'x'.repeat(500), isTaken: version !== '31' || longClientIds },
      { name: 'an emoji', clientId: '😀', isTaken: newClientIds },
    ])('takes $name as client identifier: $isTaken', async ({ clientId, isTaken }) => {
      const { url } = await start()
      const publisher = runCli(['pub', '-L', url, '-V', version, '-i', clientId, '-t', 't', '-m', 'x', '-q', '1'])
      expect(await publisher.exit).toBe(isTaken ? 0 : version === '5' ? 133 : 2)
      expect(publisher.stderr).toMatch(isTaken ? /^$/ : /identifier (rejected|not valid)/i)
    })

    it('forgets the session of a client that comes back without -c', async () => {
      const { url } = await start()
      const at = ['-L', url, '-V', version]
      const subscribe = ['sub', ...at, '-i', 'keeper', '-t', 't', '-q', '1']
      await run([...subscribe, '-c', '-E'])
      await run(['pub', ...at, '-t', 't', '-q', '1', '-m', 'missed'])
      const comeBack = async (...args: string[]): Promise<void> => {
        const subscriber = runCli([...subscribe, ...args, '-E'])
        if (isSlowToForget && (await subscriber.exit) === 3) await comeBack(...args)
        else await finish(subscriber)
      }
      await comeBack()
      await comeBack('-c')
      await run(['pub', ...at, '-t', 't', '-q', '1', '-m', 'after'])
      expect(await run([...subscribe, '-c', '-C', '1'])).toBe('after\n')
    })

    it('lets in who has the password', async () => {
      const url = await guarded()
      const publish = ['pub', '-V', version, '-t', 't', '-m', 'x', '-q', '1']
      await run([...publish, '-L', url, '-u', user.username, '-P', user.password])
      await run([...publish, '-L', url, '-u', user.username], { env: { TMQTT_PASSWORD: user.password } })
      await run([...publish, '-L', Object.assign(new URL(url), user).href])
    })

    it.each([
      { name: 'a wrong password', credentials: ['-u', user.username, '-P', 'wrong'] },
      { name: 'no password', credentials: ['-u', user.username] },
      { name: 'a wrong user', credentials: ['-u', 'jane', '-P', user.password] },
      ...(isOpen ? [] : [{ name: 'neither', credentials: [] }]),
    ])('refuses who has $name', async ({ credentials }) => {
      const at = ['-L', await guarded(), '-V', version]
      const refused = runCli(['pub', ...at, '-t', 't', '-m', 'x', ...credentials])
      expect(await refused.exit).toBe(version === '5' ? 135 : wrongPassword)
      expect(refused.stderr).toMatch(/refused the connection: (not authorized|bad user name or password)/i)
    })
  })

  it.each(Object.entries(limits.versions ?? {}))('does not speak -V %s', async (version, { exit, says }) => {
    const { url } = await start()
    const refused = runCli(['pub', '-L', url, '-V', version, '-t', 't', '-m', 'x'])
    expect(await refused.exit).toBe(exit)
    expect(refused.stderr).toMatch(says)
  })

  it('gives a client up that is silent for one and a half of its keep alive', async () => {
    const { url, subscribed } = await start()
    const watcher = runCli(['sub', '-L', url, '-t', 'will', '-C', '1'])
    const will = ['--will-topic', 'will', '--will-payload', 'gone']
    const stopped = spawnTmqtt(['sub', '-L', url, '-t', 't', '-k', '5', ...will])
    await Promise.all([subscribed('will'), subscribed('t')])
    stopped.kill('SIGSTOP')
    expect(await finish(watcher)).toBe('gone\n')
  })
}
