import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'
import type { KeyPair } from './certificates.ts'
import { bareEnvironment } from './environment.ts'
import { freePort } from './free-port.ts'
import { findProgram, runProgram, startProgram } from './program.ts'
import { temporaryDirectory } from './temporary.ts'
import type { Ports, Urls } from './urls.ts'

const java = findProgram('java')
const home = '/usr/share/activemq'
/** The broker's MQTT codec, which its package leaves out. */
const codec = '/usr/share/java/mqtt-client.jar'

/** Whether the Debian packages are installed. */
export const hasActivemq = java !== undefined && existsSync(`${home}/bin/activemq.jar`) && existsSync(codec)

export interface ActivemqOptions {
  /** Who may connect, beside those who don't say who they are. */
  readonly password?: { readonly username: string; readonly password: string }
  /** Adds the listener `tls`. */
  readonly tls?: KeyPair
}

/** Nothing outlives `kill()`. Debian's package leaves its WebSocket transport out. */
export interface Activemq extends BrokerProcess {
  /** Ports of 127.0.0.1; a listener that wasn't asked for has a port where nothing listens. */
  readonly ports: Pick<Ports, 'tcp' | 'tls'>
  readonly urls: Pick<Urls, 'tcp' | 'tls'>
}

/** Starts ActiveMQ with MQTT on 127.0.0.1; it listens when this resolves. */
export async function startActivemq(options: ActivemqOptions = {}): Promise<Activemq> {
  const directory = temporaryDirectory()
  const ports = { tcp: await freePort(), tls: await freePort() }
  if (options.tls !== undefined) {
    const { certfile, keyfile } = options.tls
    const store = ['-out', directory.file('store.p12'), '-passout', 'pass:store']
    runProgram('openssl', ['pkcs12', '-export', '-in', certfile, '-inkey', keyfile, ...store])
  }
  directory.write('activemq.xml', configuration(options, ports))
  mkdirSync(directory.file('lib'))
  symlinkSync(codec, directory.file('lib/mqtt-client.jar'))
  directory.write(
    'log4j.properties',
    `log4j.rootLogger=INFO, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%p %m%n
`,
  )
  // It writes nothing but below the working directory.
  const directories = ['base=.', 'conf=.', 'data=data', `home=${home}`].map((each) => `-Dactivemq.${each}`)
  const settings = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Djava.io.tmpdir=.', ...directories]
  settings.push('-Dlog4j.configuration=file:log4j.properties')
  const args = [...settings, '-jar', `${home}/bin/activemq.jar`, '--extdir', 'lib', 'start', 'xbean:file:activemq.xml']
  const broker = await startBrokerProcess({
    start: () =>
      startProgram(java ?? 'java', args, { env: bareEnvironment({ HOME: directory.path }), cwd: directory.path }),
    output: 'stdout',
    ready: /Apache ActiveMQ .* started$/m,
    limitMs: 45_000,
  })
  return { ...broker, ports, urls: { tcp: `mqtt://127.0.0.1:${ports.tcp}`, tls: `mqtts://localhost:${ports.tls}` } }
}

function configuration({ password, tls }: ActivemqOptions, ports: Activemq['ports']): string {
  const schemas = {
    beans: 'http://www.springframework.org/schema/beans',
    core: 'http://activemq.apache.org/schema/core',
  }
  // An element's parts are in the order of the alphabet.
  const users =
    password &&
    `<plugins><simpleAuthenticationPlugin anonymousAccessAllowed="true"><users>
    <authenticationUser username="${password.username}" password="${password.password}" groups="users"/>
  </users></simpleAuthenticationPlugin></plugins>`
  const keys =
    tls &&
    '<sslContext><sslContext keyStore="file:store.p12" keyStoreType="PKCS12" keyStorePassword="store"/></sslContext>'
  const secure = tls && `<transportConnector name="mqtt+ssl" uri="mqtt+ssl://127.0.0.1:${ports.tls}"/>`
  return `<beans xmlns="${schemas.beans}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="${schemas.beans} ${schemas.beans}/spring-beans.xsd ${schemas.core} ${schemas.core}/activemq-core.xsd">
  <broker xmlns="${schemas.core}" persistent="false" useJmx="false" dataDirectory="data">
    ${users ?? ''}
    ${keys ?? ''}
    <transportConnectors>
      <transportConnector name="mqtt" uri="mqtt://127.0.0.1:${ports.tcp}"/>
      ${secure ?? ''}
    </transportConnectors>
  </broker>
</beans>
`
}
