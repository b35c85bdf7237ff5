import { type AedesSettings, startAedes } from '../support/aedes.ts'
import { Collected } from '../support/collected.ts'
import { type FaultyBrokerOptions, startFaultyBroker } from '../support/faulty-broker.ts'
import { type MosquittoOptions, startMosquitto } from '../support/mosquitto.ts'

/** A running broker of whichever kind, that tells who has subscribed. */
export interface KnownBroker {
  readonly port: number
  /** `mqtt://…`, for `-L`. */
  readonly url: string
  /** Resolves once a client, this one if it is named, has subscribed to the filter. */
  subscribed(filter: string, clientId?: string): Promise<unknown>
  /** Resolves once this client is connected. */
  connected(clientId: string): Promise<unknown>
}

export async function knownAedes(settings?: AedesSettings): Promise<KnownBroker> {
  const { broker, ports, urls } = await startAedes(settings)
  const log = new Collected()
  const write = (line: string) => log.append(Buffer.from(`${line}\n`))
  broker.on('clientReady', (client) => write(`connected ${client.id}`))
  broker.on('subscribe', (subscriptions, client) => {
    for (const { topic, qos } of subscriptions) write(`: ${client.id} ${qos} ${topic}`)
  })
  return {
    port: ports.tcp,
    url: urls.tcp,
    subscribed: (filter, clientId) => log.waitFor(subscriptionLine(filter, clientId)),
    connected: (clientId) => log.waitFor(`connected ${clientId}\n`),
  }
}

export async function knownFaulty(options?: FaultyBrokerOptions): Promise<KnownBroker> {
  const { port, url, waitForLog } = await startFaultyBroker(options)
  return {
    port,
    url,
    subscribed: (filter, clientId) => waitForLog(subscriptionLine(filter, clientId)),
    connected: (clientId) => waitForLog(`connected ${clientId}\n`),
  }
}

export async function knownMosquitto(options?: MosquittoOptions): Promise<KnownBroker> {
  const { ports, urls, waitForLog } = await startMosquitto(options)
  return {
    port: ports.tcp,
    url: urls.tcp,
    subscribed: (filter, clientId) => waitForLog(subscriptionLine(filter, clientId)),
    connected: (clientId) => waitForLog(` as ${clientId} (`),
  }
}

/** As mosquitto logs it: time, client identifier, QoS, filter. */
export function subscriptionLine(filter: string, clientId?: string): RegExp {
  const [id, what] = [clientId, filter].map((text) => text?.replace(/[^\w/-]/g, '\\$&'))
  return new RegExp(`: ${id ?? '\\S+'} [012] ${what}$`, 'm')
}
