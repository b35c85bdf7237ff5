type PerListener<T> = { readonly tcp: T; readonly tls: T; readonly ws: T; readonly wss: T }

/** Of the listeners of a broker, on 127.0.0.1. */
export type Ports = PerListener<number>
export type Urls = PerListener<string>

/** With TLS by the name that the certificates are made for. */
export function urlsOf(ports: Ports): Urls {
  return {
    tcp: `mqtt://127.0.0.1:${ports.tcp}`,
    tls: `mqtts://localhost:${ports.tls}`,
    ws: `ws://127.0.0.1:${ports.ws}`,
    wss: `wss://localhost:${ports.wss}`,
  }
}
