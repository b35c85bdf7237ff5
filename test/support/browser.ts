import { pathToFileURL } from 'node:url'
import { atEndOfTest } from './clean-up.ts'
import { hasChromium, startDevtools } from './devtools.ts'

export { hasChromium }

export interface Look {
  readonly width: number
  readonly scheme: 'light' | 'dark'
}

/** A page that is loaded. */
export interface Page {
  /** What its console has, exceptions, and what its policy has blocked. */
  readonly problems: readonly string[]
  /** Addresses that it asked for, its own first. */
  readonly requests: readonly string[]
  /** The value of an expression in it, which JSON has to be able to say. */
  evaluate<T>(expression: string): Promise<T>
  change(look: Look): Promise<void>
}

export interface Browser {
  /** Loads a file; its scripts have run when this resolves. */
  open(path: string, look: Look): Promise<Page>
}

/** Starts a headless chromium; it is stopped at the end of the test. */
export function startBrowser(): Browser {
  const devtools = startDevtools()
  atEndOfTest(devtools.stop)
  return {
    async open(path, look) {
      const { targetId } = await devtools.call('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await devtools.call('Target.attachToTarget', { targetId, flatten: true })
      const call = (method: string, params: object = {}) => devtools.call(method, params, sessionId)
      const [problems, requests]: [string[], string[]] = [[], []]
      const isLoaded = new Promise<void>((resolve) => {
        devtools.listen(sessionId!, (method, params) => {
          if (method === 'Network.requestWillBeSent') requests.push(params.request!.url)
          if (method === 'Runtime.exceptionThrown') problems.push(JSON.stringify(params.exceptionDetails))
          if (method === 'Runtime.consoleAPICalled') problems.push(JSON.stringify(params.args))
          if (method === 'Log.entryAdded') problems.push(params.entry!.text)
          if (method === 'Page.loadEventFired') resolve()
        })
      })
      const change = async ({ width, scheme }: Look) => {
        const metrics = { width, height: 800, deviceScaleFactor: 1, mobile: width < 500 }
        await call('Emulation.setDeviceMetricsOverride', metrics)
        await call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
      }
      for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await call(`${domain}.enable`)
      await change(look)
      await call('Page.navigate', { url: pathToFileURL(path).href })
      await isLoaded
      return {
        problems,
        requests,
        change,
        async evaluate<T>(expression: string) {
          const answer = await call('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })
          if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails))
          return answer.result!.value as T
        },
      }
    },
  }
}
