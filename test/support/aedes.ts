import { Aedes, type AedesOptions } from 'aedes'
import { atEndOfTest } from './clean-up.ts'
import { type ListenerSettings, type Listeners, listen } from './listeners.ts'

export interface AedesSettings extends Pick<AedesOptions, 'authorizePublish' | 'authorizeSubscribe'>, ListenerSettings {
  /** The only one who may connect. */
  readonly password?: { readonly username: string; readonly password: string }
}

export interface AedesBroker extends Pick<Listeners, 'ports' | 'urls'>, AsyncDisposable {
  /** To publish from inside, to look at its clients, to wait for its events. */
  readonly broker: Aedes
  stop(): Promise<void>
}

/** Starts a broker in this process, for MQTT 3.1 and 3.1.1. */
export async function startAedes(settings: AedesSettings = {}): Promise<AedesBroker> {
  const { password, tls, websocket, ...authorize } = settings
  const broker = await Aedes.createBroker({ ...authorize, ...(password && { authenticate: onlyFor(password) }) })
  const { ports, urls, close } = await listen({ ...(tls && { tls }), ...(websocket && { websocket }) }, broker.handle)
  const stop = async () => {
    await close()
    await new Promise<void>((resolve) => broker.close(resolve))
  }
  atEndOfTest(stop)
  return { broker, ports, urls, stop, [Symbol.asyncDispose]: stop }
}

function onlyFor(allowed: { username: string; password: string }): NonNullable<AedesOptions['authenticate']> {
  return (_client, username, password, done) => {
    if (username === allowed.username && password?.toString() === allowed.password) return done(null, true)
    // [MQTT-3.2.2-6] return code 4, bad user name or password.
    done(Object.assign(new Error('bad user name or password'), { returnCode: 4 }), false)
  }
}
