export interface Series {
  readonly label: string
  readonly values: readonly (number | null)[]
  /** Which colour of the page. */
  readonly colour: number
  readonly isDashed?: boolean
}

/** Columns of numbers for a chart, null where there is none. */
export interface Chart {
  readonly title: string
  /** How to read it. */
  readonly note: string
  /** What the numbers of the vertical axis are; a time is in ms, on a logarithmic axis. */
  readonly unit: 'messages/s' | 'time' | 'connections' | '%'
  /** Seconds since the run began, or 1 / (1 - share of samples): 10 is P90, 100 is P99. */
  readonly over: 'time' | 'percentile'
  readonly x: readonly number[]
  readonly series: readonly Series[]
  readonly density?: Density
}

/** How many samples are where. */
export interface Density {
  /** Of the columns, in seconds: where each begins and ends. */
  readonly spans: readonly (readonly [from: number, to: number])[]
  /** Of the rows, in ms: one more than there are rows. */
  readonly edges: readonly number[]
  /** By column and row. */
  readonly counts: readonly (readonly number[])[]
}

/** A phase of the run, in seconds. */
export interface Band {
  readonly from: number
  readonly to: number
  readonly label: string
}

/** What the page draws. */
export interface Charts {
  readonly bands: readonly Band[]
  readonly charts: readonly Chart[]
}

/** A logarithmic axis has no zero. */
const LEAST_MS = 0.001

/** For a logarithmic axis. */
export function inMs(us: number | undefined): number | null {
  return us === undefined ? null : Math.max(LEAST_MS, us / 1000)
}
