import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { reportJson } from '../../../src/bench/report.ts'
import { reportOf } from '../../bench/reports.ts'
import { certificates } from '../../support/certificates.ts'
import { bareEnvironment } from '../../support/environment.ts'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { type Program, startProgram } from '../../support/program.ts'
import { startSocks } from '../../support/socks.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { blocks } from './lines.ts'

const bin = fileURLToPath(new URL('../../../bin/tmqtt.js', import.meta.url))
const network = fileURLToPath(new URL('network.cjs', import.meta.url))

/** What the README takes for granted: brokers, files, and other programs. */
export interface World extends AsyncDisposable {
  readonly broker: Mosquitto
  /** That of host `b`, if there is one. */
  readonly other: Mosquitto | undefined
  /** The path of a file in the working directory. */
  file(name: string): string
  /** Runs a bash script. */
  run(script: string): Program
  /** As Ctrl-C does, but only for each tmqtt of a script. */
  interrupt(program: Program): void
}

const files = {
  'photo.jpg': '\xff\xd8\xff\xe0\0\n',
  'messages.json':
    '{"topic":"home/light","payload":"on"}\n{"topic":"home/door","payload":"b24=","encoding":"base64"}\n',
  'test.json': '{"topic":"test/a","payload":"1","retain":true}\n',
}

const scripts = {
  producer: "printf 'home/a 1\\nhome/b 2\\n'",
  mail: 'echo "to $3 about $2:" && cat',
  job: 'echo "done: $(cat)"',
  make: 'echo "making $*"',
  pass: 'echo secret',
  'start.sh': 'for i in 1 2 3; do tmqtt pub -t "order/$i/done" -m \'{"ok":true}\'; done',
}

/** Makes it anew, with the listeners that a script wants. */
export async function startWorld(wanting: string): Promise<World> {
  const { ca, server, client } = await certificates()
  const [broker, other] = await Promise.all([
    startMosquitto({
      ...(/s:\/\/|--cafile|--profile/.test(wanting) ? { tls: { cafile: ca, ...server } } : {}),
      websocket: wanting.includes('wss:'),
      unixSocket: wanting.includes('--unix'),
    }),
    wanting.includes('-h b ') ? startMosquitto() : undefined,
  ])
  const socks = await startSocks(broker.ports.tcp)

  const directory = temporaryDirectory()
  for (const name of ['.config/tmqtt', '.config/fish/completions', '.zsh/completions']) {
    mkdirSync(directory.file(name), { recursive: true })
  }
  for (const [name, text] of Object.entries(files)) directory.write(name, Buffer.from(text, 'latin1'))
  for (const [name, text] of Object.entries(scripts)) directory.write(name, `#!/bin/sh\n${text}\n`, 0o700)
  for (const path of ['ca.crt', '.config/tmqtt/ca.crt']) copyFileSync(ca, directory.file(path))
  copyFileSync(client.certfile, directory.file('me.crt'))
  copyFileSync(client.keyfile, directory.file('me.key'))
  directory.write('.config/tmqtt/config.json', configuration())
  // The process id stays the same behind exec.
  const words = ['"$NODE"', '--require', `'${network}'`, `'${bin}'`].join(' ')
  directory.write('tmqtt', `#!/bin/sh\necho $$ >>"$PIDS"\nexec ${words} "$@"\n`, 0o700)
  for (const name of ['base.json', 'new.json']) directory.write(name, reportJson(reportOf()))
  // Into a pipe it would keep its output until the end.
  directory.write('jq', `#!/bin/sh\nPATH=\${PATH#*:} exec jq --unbuffered "$@"\n`, 0o700)

  const { tcp, tls, wss } = broker.ports
  const here = { 1883: tcp, 1884: tcp, 8883: tls, 443: wss, 1080: socks.port, '/run/mosquitto.sock': broker.unixSocket }
  const networkOf = (script: string) =>
    JSON.stringify({ b: { 1883: other?.ports.tcp }, '*': script.includes('wss:') ? { ...here, 8883: wss } : here })
  const bare = bareEnvironment({ HOME: directory.path })
  const env = {
    ...bare,
    PATH: `${directory.path}:${bare.PATH}`,
    NODE: process.execPath,
    MQTT_USER: 'joe',
    // As if a known authority had signed what the broker shows.
    SSL_CERT_FILE: ca,
  }
  const programs = new Map<Program, string>()
  return {
    broker,
    other,
    file: directory.file,
    run(script) {
      const pids = directory.write(`pids-${programs.size}`, '')
      const program = startProgram('bash', ['-c', script], {
        env: { ...env, README_NETWORK: networkOf(script), PIDS: pids },
        cwd: directory.path,
        group: true,
      })
      programs.set(program, pids)
      return program
    },
    interrupt(program) {
      for (const pid of readFileSync(programs.get(program)!, 'utf8').split('\n').filter(Boolean)) {
        try {
          process.kill(Number(pid), 'SIGINT')
        } catch {
          // It has ended by itself.
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...programs.keys(), socks, broker, other].map((each) => each?.stop()))
      await directory.stop()
    },
  }
}

/** That of the README, with a broker more, which another part of it names. */
function configuration(): string {
  const [json] = blocks('json')
  const { profiles, ...rest } = JSON.parse(json!.text)
  return JSON.stringify({ ...rest, profiles: { ...profiles, new: { host: 'new.example.org' } } })
}
