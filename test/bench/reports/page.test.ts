import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { chartsOf } from '../../../src/bench/reports/charts.ts'
import { htmlReport } from '../../../src/bench/reports/page.ts'
import type { Interval } from '../../../src/bench/result.ts'
import { failures, parseThreshold } from '../../../src/bench/thresholds.ts'
import { type Browser, hasChromium, type Look, type Page, startBrowser } from '../../support/browser.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { configured, planOf, reportOf } from '../reports.ts'
import { evenly, healthy, intervalOf, measuredOf, resultOf } from '../results.ts'

const DESKTOP: Look = { width: 1200, scheme: 'light' }
const DARK: Look = { width: 1200, scheme: 'dark' }
const PHONE: Look = { width: 360, scheme: 'light' }

const measured = measuredOf({
  connack: evenly(100, 900),
  acknowledged: evenly(10_000, 2500),
  acknowledgedFromSent: evenly(10_000, 2200),
  endToEnd: evenly(10_000, 1500),
  endToEndFromSent: evenly(10_000, 1200),
  schedule: evenly(10_000, 800),
})

const perSecond = measuredOf({ endToEnd: evenly(1000, 1500), endToEndFromSent: evenly(1000, 1200) })

/** Ten seconds with a lower rate of each of sent, acknowledged and received. */
const result = resultOf({
  measured,
  intervals: [
    intervalOf(0, { phase: 'connect', sent: 0, acknowledged: 0, received: 0, measured: measuredOf() }),
    ...Array.from({ length: 10 }, (_, at) =>
      intervalOf(at + 1, { sent: 900 + 10 * at, acknowledged: 600, received: 300, measured: perSecond }),
    ),
  ],
})
const report = reportOf({ configuration: configured({}, { publish: { ...planOf().publish!, qos: 1 } }), result })
const outcomes = failures([parseThreshold('e2e.p99>1ms'), parseThreshold('lost>0')], result)

let browser: Browser
beforeAll(() => {
  if (hasChromium) browser = startBrowser()
})

async function open(html: string, look: Look): Promise<Page> {
  return await browser.open(temporaryDirectory().write('report.html', html), look)
}

/** By figure of the page: how many pixels have each of the colours of series, in `--series-0` and so on. */
const PIXELS = `[...document.querySelectorAll('figure')].map((figure) => {
  const canvas = figure.querySelector('canvas')
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const style = getComputedStyle(document.documentElement)
  return Array.from({ length: 8 }, (_, at) => {
    const colour = Number.parseInt(style.getPropertyValue('--series-' + at).trim().slice(1), 16)
    let count = 0
    for (let at = 0; at < data.length; at += 4)
      if (((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]) === colour && data[at + 3] === 255) count++
    return count
  })
})`

/** Contrast of each colour with the background that it stands on [WCAG 2.1, 1.4.3]. */
const CONTRASTS = `(() => {
  const style = getComputedStyle(document.documentElement)
  const luminance = (name) => {
    const colour = Number.parseInt(style.getPropertyValue(name).trim().slice(1), 16)
    const [r, g, b] = [16, 8, 0].map((shift) => ((colour >> shift) & 255) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  }
  const series = Array.from({ length: 8 }, (_, at) => contrast('--series-' + at, '--page'))
  const texts = ['--page', '--card', '--warn-page'].map((page) => contrast('--text', page))
  const faint = ['--page', '--card'].map((page) => contrast('--faint', page))
  return { texts, faint, signs: ['--bad', '--good'].map((name) => contrast(name, '--page')), series }
})()`

describe.skipIf(!hasChromium)('the page of a report in chromium', () => {
  it.each([
    ['light', DESKTOP],
    ['dark', DARK],
  ])('draws every series in its colour, %s, and asks for nothing else', async (_name, look) => {
    const page = await open(htmlReport(report, outcomes), look)
    const { charts } = chartsOf(report)
    expect(charts.map(({ title }) => title)).toEqual([
      'Throughput, messages/s',
      'Latency over time, due to received',
      'Latency of messages by percentile',
      'Latency of connections by percentile',
      'Load of the generator',
      'Stops of the generator',
    ])
    const pixels = await page.evaluate<number[][]>(PIXELS)
    expect(pixels).toHaveLength(charts.length)
    const blank = charts.flatMap(({ title, series }, at) =>
      series.filter(({ colour }) => pixels[at]![colour]! < 20).map(({ label }) => `${title}: ${label}`),
    )
    expect(blank).toEqual([])
    expect(page.problems).toEqual([])
    expect(page.requests).toEqual([expect.stringMatching(/^file:.*report\.html$/)])
  })

  it('names what it draws, the phases, and what was asked for', async () => {
    const page = await open(htmlReport(report, outcomes), DESKTOP)
    const text = await page.evaluate<string>('document.body.innerText')
    expect(text).toContain('tmqtt bench flow: 10 publishers, 10 subscribers, QoS 1')
    expect(text).toContain('lost\n0\nof 10,000 expected')
    expect(text).toContain('P99.9\n1.50 ms\ndue to received')
    expect(text).toContain('✗ e2e.p99>1ms: e2e.p99 is 1.49 ms')
    expect(text).toContain('✓ lost>0: lost is 0')
    const labels = await page.evaluate("[...document.querySelectorAll('.u-label')].map((label) => label.innerText)")
    const names = ['sent', 'acknowledged', 'received', 'P50', 'P99', 'max', 'due to received', 'sent to received']
    expect(labels).toEqual(expect.arrayContaining(names))
    expect(await page.evaluate("document.querySelector('details pre').textContent")).toContain('"seed": 1')
  })

  it('begins with the generator where that was the limit', async () => {
    const intervals = [intervalOf(0, { health: { ...healthy, utilization: 1 } })]
    const page = await open(htmlReport(reportOf({ result: resultOf({ intervals }) }), []), DESKTOP)
    const banners = await page.evaluate("[...document.querySelectorAll('.banner')].map((each) => each.innerText)")
    expect(banners).toEqual([expect.stringMatching(/^The generator was the limit, not the broker: its event loop/)])
  })

  it('draws anew, in other colours and of another width, when these change', async () => {
    const page = await open(htmlReport(report, []), DESKTOP)
    await page.change(PHONE)
    await page.change({ ...PHONE, scheme: 'dark' })
    await vi.waitFor(async () => {
      expect(await page.evaluate("document.querySelector('canvas').width")).toBeLessThan(360)
      const [throughput] = await page.evaluate<number[][]>(PIXELS)
      expect(throughput![2]).toBeGreaterThan(20)
    })
    expect(page.problems).toEqual([])
  })

  it.each([
    ['a phone', PHONE],
    ['a screen', DESKTOP],
  ])('is never wider than %s', async (_name, look) => {
    const wide = reportOf({ ...report, configuration: configured({ host: 'x'.repeat(200) }) })
    const page = await open(htmlReport(wide, outcomes), look)
    const [inner, outer] = await page.evaluate<number[]>(
      '(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])(document.documentElement)',
    )
    expect(inner).toBe(outer)
  })

  it('can be read in light and dark', async () => {
    for (const look of [DESKTOP, DARK]) {
      const page = await open(htmlReport(report, outcomes), look)
      const { series, ...texts } = await page.evaluate<Record<string, number[]>>(CONTRASTS)
      for (const contrast of Object.values(texts).flat()) expect(contrast).toBeGreaterThanOrEqual(4.5)
      for (const contrast of series!) expect(contrast).toBeGreaterThanOrEqual(3)
    }
  })

  it('shows hostile text as text', async () => {
    const hostile = `</script><script>document.title = 'taken'</script><img src="http://127.0.0.1:9/x" onerror="document.title = 'taken'">`
    const page = await open(
      htmlReport(
        reportOf({
          configuration: configured(
            { host: hostile, clientId: hostile },
            { publish: { ...planOf().publish!, topic: hostile } },
          ),
          result: resultOf({ incomplete: hostile, connections: { failed: { [hostile]: 1 }, lost: { [hostile]: 2 } } }),
        }),
        [{ threshold: hostile, failed: true, reason: hostile }],
      ),
      DESKTOP,
    )
    expect(await page.evaluate('document.title')).toMatch(/^tmqtt bench flow/)
    expect(await page.evaluate("document.querySelectorAll('img').length")).toBe(0)
    expect(await page.evaluate("document.querySelectorAll('canvas').length")).toBeGreaterThan(0)
    expect(await page.evaluate('document.body.innerText')).toContain(`1 failed: ${hostile}`)
    expect(page.problems).toEqual([])
    expect(page.requests).toHaveLength(1)
  })

  it('runs nothing else even if something got into it', async () => {
    const hostile = `<script>document.title = 'taken'</script><img src="x" onerror="document.title = 'taken'">`
    const page = await open(htmlReport(report, []).replace('<h1>', `${hostile}<h1>`), DESKTOP)
    expect(await page.evaluate('document.title')).toMatch(/^tmqtt bench flow/)
    expect(page.problems.join()).toContain('Content Security Policy')
  })

  it('draws what a whole day of seconds comes to', async () => {
    const quiet = intervalOf(0, { measured: measuredOf() })
    const slow = measuredOf({ endToEnd: evenly(1000, 5_000_000) })
    const intervals = Array.from({ length: 86_400 }, (_, at) => ({
      ...quiet,
      startMs: at * 1000,
      endMs: (at + 1) * 1000,
      measured: at === 50_000 ? slow : quiet.measured,
    }))
    const html = htmlReport(reportOf({ result: resultOf({ intervals }) }), [])
    expect(html.length).toBeLessThan(500_000)
    const page = await open(html, DESKTOP)
    const [throughput] = await page.evaluate<number[][]>(PIXELS)
    expect(throughput![2]).toBeGreaterThan(20)
    expect(page.problems).toEqual([])
  })
})

describe('the page of a report', () => {
  it('names no address that could be loaded', () => {
    const html = htmlReport(report, outcomes)
    expect(html).toContain(`http-equiv="Content-Security-Policy" content="default-src 'none';`)
    expect(html).not.toMatch(/(?:src|href)\s*=|url\(|@import|import\(/)
    expect(readFileSync('src/bench/reports/page.inline.js', 'utf8')).not.toMatch(/https?:/)
  })

  it('keeps the worst of the intervals that it joins', () => {
    const ordinary = intervalOf(0)
    const seconds = Array.from(
      { length: 2000 },
      (_, at): Interval => ({
        ...ordinary,
        phase: at < 5 ? 'warmup' : 'measure',
        startMs: at * 1000,
        endMs: (at + 1) * 1000,
      }),
    )
    const slow = intervalOf(1500, {
      measured: measuredOf({ endToEnd: evenly(1000, 900_000) }),
      health: { ...healthy, utilization: 1 },
    })
    const { bands, charts } = chartsOf(reportOf({ result: resultOf({ intervals: seconds.with(1500, slow) }) }))
    expect(bands).toEqual([
      { label: 'warmup', from: 0, to: 5 },
      { label: 'measure', from: 5, to: 2000 },
    ])
    const values = (label: string) => {
      const all = charts.flatMap(({ series }) => series).find((each) => each.label === label)!.values
      return all.map((value) => value ?? 0)
    }
    expect(values('max').length).toBeLessThan(600)
    expect(Math.max(...values('max'))).toBe(900)
    expect(Math.max(...values('busiest event loop'))).toBe(100)
    expect(new Set(values('sent'))).toEqual(new Set([1000]))
  })

  it('has no latency counted from a schedule for a closed loop, and says so', () => {
    const configuration = configured({}, { publish: { ...planOf().publish!, segments: undefined } })
    const { charts } = chartsOf({ ...report, configuration })
    const overTime = charts.find(({ title }) => title.startsWith('Latency over time'))
    expect(overTime).toMatchObject({
      title: 'Latency over time, sent to received',
      note: expect.stringContaining('Closed loop (--rate max): latency is not meaningful under saturation'),
    })
    const byPercentile = charts.find(({ title }) => title === 'Latency of messages by percentile')!
    expect(byPercentile.series.map(({ label }) => label)).toEqual([
      'sent to received',
      'sent to acknowledged',
      'delay of the generator',
    ])
  })
})
