import { UsageError } from '../errors.ts'
import { Batch } from './batch.ts'
import { ConnectedClient } from './client.ts'
import { checkedMessage } from './outgoing.ts'
import { checkedFilters, checkHandlers } from './routes.ts'
import type {
  Client,
  ConnectOptions,
  Filters,
  Handler,
  Handlers,
  MessageSource,
  PublishManyOptions,
  PublishOptions,
  SubscribeOptions,
  Subscription,
} from './types.ts'

export {
  ConnectionLostError,
  RefusedError,
  TlsError,
  TmqttError,
  UnreachableError,
  UsageError,
} from '../errors.ts'
export type * from './types.ts'

/**
 * Connects to a broker, and from then on connects again whenever the connection is lost.
 *
 * @param url `mqtt://[USER[:PASSWORD]@]HOST[:PORT]`, `mqtts:`, `ws:`, `wss:` (on ports 80 and 443 unless
 *   given, with the path `/mqtt` unless given), or `unix:PATH`.
 * @throws UnreachableError, TlsError, RefusedError with the reason code of CONNACK, UsageError, or the reason of the signal.
 */
export async function connect(url: string | { toString(): string }, options: ConnectOptions = {}): Promise<Client> {
  return await ConnectedClient.connect(String(url), options)
}

/**
 * Publishes a message. Fulfilled when the broker has acknowledged it, at QoS 0 when the socket has taken it;
 * messages that are published without waiting go out together, in their order. What is not acknowledged is sent again
 * after a reconnect.
 *
 * @throws RefusedError with the reason code, UsageError, or the reason why the client has ended.
 */
export async function publish(
  client: Client,
  topic: string,
  payload: string | Uint8Array,
  options: PublishOptions = {},
): Promise<void> {
  const { outbox, headers } = own(client)
  const message = checkedMessage({ ...options, topic, payload })
  const header = headers.of(message)
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error) => (error === undefined ? resolve() : reject(error))
    outbox.add({ topic, header, payload: message.payload, settle })
  })
}

/**
 * Publishes messages as they come from a list, a generator or a stream, which is asked for more no faster than they go
 * out. Fulfilled when all are acknowledged.
 *
 * @returns how many were acknowledged.
 * @throws the first error, when those sent before it are settled; RefusedError only if `rejected` is not given.
 */
export async function publishMany(
  client: Client,
  messages: MessageSource,
  { rejected }: PublishManyOptions = {},
): Promise<number> {
  return await new Batch(own(client), rejected).publish(messages)
}

/**
 * Subscribes to filters. With a handler it gets every message; with a map of handlers each gets the messages of its
 * filter; without, iterate over the subscription for batches. A message at QoS 1 or 2 is acknowledged when its handlers
 * are done, or the next batch is asked for; until then reading stops soon, and no memory fills up. A handler that fails
 * ends the client, and leaves its message unacknowledged.
 *
 * Messages of a kept session that no filter here matches go to `unmatched`: subscribe in one call to all that it has.
 *
 * @param filters each with its QoS or its options.
 * @throws RefusedError with the reason code when the broker refuses a filter, UsageError, or the reason why the client has ended.
 */
export async function subscribe<Filter extends string>(
  client: Client,
  filters: Filters<Filter>,
  handlers?: Handler | Handlers<NoInfer<Filter>>,
  { unmatched }: SubscribeOptions = {},
): Promise<Subscription> {
  const checked = checkedFilters(filters)
  checkHandlers(checked, handlers)
  if (unmatched !== undefined && handlers === undefined)
    throw new UsageError('unmatched goes with handlers; batches hold what no filter matches, too')
  return await own(client).subscribe(checked, handlers, unmatched)
}

function own(client: Client): ConnectedClient {
  if (!(client instanceof ConnectedClient)) throw new UsageError('this is no client that connect() has returned')
  return client
}
