import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readReport } from '../../src/bench/read-report.ts'
import { knownMosquitto } from '../brokers/known-broker.ts'
import { hasMosquitto } from '../support/mosquitto.ts'
import { readPlainYaml } from '../support/plain-yaml.ts'
import { findProgram } from '../support/program.ts'
import { argumentsIn, expectUsable } from '../support/shell-words.ts'
import { spawnShell } from '../support/spawn.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const [, section] = /^## Measure a broker\n(.*?)^## /ms.exec(readFileSync('README.md', 'utf8'))!
const blocks = [...section!.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
  language,
  text: text!,
}))
const scripts = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
const parallel = scripts.find((text) => text.startsWith('parallel'))!
const manifest = blocks.find(({ text }) => text.includes('kind: Job'))!.text

describe('what the README says of bench', () => {
  it('divides a load by an indexed Job of Kubernetes', async () => {
    const job = readPlainYaml(manifest)
    expect(job).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'tmqtt-bench' },
      spec: {
        completionMode: 'Indexed',
        completions: 16,
        parallelism: 16,
        backoffLimit: 0,
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [
              {
                name: 'bench',
                image: 'registry.example.org/tmqtt',
                command: ['sh', '-c'],
                args: [expect.stringMatching(/^exec tmqtt bench flow .* --json$/)],
              },
            ],
          },
        },
      },
    })
    const command = /- >-\n(.*)/s.exec(manifest)![1]!.trim().replace(/\n */g, ' ')
    for (const [index, shard] of [
      [0, '1/16'],
      [15, '16/16'],
    ] as const) {
      const [argv] = argumentsIn(`sh -c '${command}'`, `export JOB_COMPLETION_INDEX=${index};`)
      await expectUsable(argv!)
      expect(argv![argv!.indexOf('--shard') + 1]).toBe(shard)
    }
  })

  it.skipIf(!hasMosquitto || findProgram('parallel') === undefined)(
    'runs three parts by GNU parallel, whose counts add up exactly',
    { timeout: 60_000 },
    async () => {
      const broker = await knownMosquitto({ quiet: true })
      const { path } = temporaryDirectory()
      const env = { TMQTT_HOST: '127.0.0.1', TMQTT_PORT: String(broker.port) }
      const program = spawnShell(`cd ${path} && ${parallel}tmqtt bench merge parts/1/*/stdout --json >whole.json`, env)
      expect(await program.exited).toEqual({ code: 0, signal: null })
      expect(program.stdout.toString()).toContain('broker 127.0.0.1')
      const reportIn = (...names: string[]) => readReport(readFileSync(join(path, ...names), 'utf8'), names.join('/'))
      const parts = ['1', '2', '3'].map((part) => reportIn('parts', '1', part, 'stdout').result)
      const whole = reportIn('whole.json')
      expect(whole.shards).toEqual({ indexes: [0, 1, 2], of: 3 })
      const { messages, connections, measured } = whole.result
      const sum = (read: (result: (typeof parts)[number]) => number) =>
        parts.reduce((total, part) => total + read(part), 0)
      expect(connections).toMatchObject({ intended: 60, connected: 60 })
      expect(messages).toMatchObject({ intended: 15_000, sent: 15_000, expected: 15_000, received: 15_000, lost: 0 })
      for (const key of ['intended', 'sent', 'expected', 'received', 'duplicates'] as const)
        expect(messages[key], key).toBe(sum((part) => part.messages[key]))
      expect(measured.endToEnd.count).toBe(15_000)
      expect(measured.endToEnd.sum).toBeCloseTo(
        sum((part) => part.measured.endToEnd.sum),
        3,
      )
      expect(measured.endToEnd.max).toBe(Math.max(...parts.map((part) => part.measured.endToEnd.max)))
    },
  )
})
