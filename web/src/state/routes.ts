/** Every route over a while, with its plan: the rows of the table. */

import { addLatencies, percentilesMs, type Histogram } from './histogram'
import type { State } from './state'
import type { TableRoute } from './table'

export interface RouteRow {
  route: string
  lane: string
  why: string
  requests: number
  /** Requests a second. */
  rate: number
  p50: number | null
  p95: number | null
  p99: number | null
  slowest: number | null
  /** Waiting for a lane, the mean of a request. Milliseconds, as are the others. */
  wait: number
  stalls: number
  stalledMs: number
  queued: number
  running: number
  /** Requests in each of the last seconds, oldest first. */
  spark: number[]
  table: TableRoute | null
}

export const WINDOW_S = 10
export const SPARK_S = 60
const SPARK_STEP_S = 2

/** What routes did in the seconds before a time. */
export function routeRows(state: State, pid: number | null, until: number, seconds = WINDOW_S): RouteRow[] {
  const gathered = new Map<number, Gathered>()
  const of = (route: number): Gathered => {
    let found = gathered.get(route)
    if (found === undefined) gathered.set(route, (found = new Gathered()))
    return found
  }
  for (const worker of state.of(pid)) {
    for (const planned of worker.table?.routes ?? []) of(state.routes.number(planned.route)).plan(planned)
    for (let index = worker.ticks.length - 1; index >= 0; index -= 1) {
      const tick = worker.ticks[index]!
      if (tick.at > until) continue
      const age = (until - tick.at) / 1e6
      if (age >= SPARK_S) break
      for (const [route, requests, slowest, , wait, latencies] of tick.counts) {
        const sums = of(route)
        sums.spark[sums.spark.length - 1 - Math.floor(age / SPARK_STEP_S)]! += requests
        if (age < seconds) sums.add(requests, slowest, wait, latencies)
      }
    }
    for (const route of worker.totals.keys()) of(route)
  }
  for (const stall of state.stalls) {
    if (stall.what.route === null || stall.start > until || (pid !== null && stall.worker !== pid)) continue
    const route = state.routes.known(stall.what.route)
    const sums = route === undefined ? undefined : gathered.get(route)
    if (sums === undefined) continue
    sums.stalls += 1
    sums.stalledMs += stall.what.duration_s * 1000
  }
  return [...gathered].map(([route, sums]) => sums.row(state.routes.of(route), seconds))
}

class Gathered {
  spark: number[] = new Array<number>(SPARK_S / SPARK_STEP_S).fill(0)
  stalls = 0
  stalledMs = 0
  private requests = 0
  private slowest = 0
  private wait = 0
  private queued = 0
  private running = 0
  private table: TableRoute | null = null
  private readonly latencies: Histogram = new Map()

  plan(table: TableRoute): void {
    this.table = table
    this.queued += table.queued
    this.running += table.running
  }

  add(requests: number, slowest: number, wait: number, latencies: readonly [number, number][]): void {
    this.requests += requests
    this.slowest = Math.max(this.slowest, slowest)
    this.wait += wait
    addLatencies(this.latencies, latencies)
  }

  row(route: string, seconds: number): RouteRow {
    const [p50, p95, p99] = percentilesMs(this.latencies, [0.5, 0.95, 0.99])
    return {
      route,
      lane: this.table?.lane ?? '',
      why: this.table?.why ?? '',
      requests: this.requests,
      rate: this.requests / seconds,
      p50: p50 ?? null,
      p95: p95 ?? null,
      p99: p99 ?? null,
      slowest: this.requests > 0 ? this.slowest / 1000 : null,
      wait: this.requests > 0 ? this.wait / 1000 / this.requests : 0,
      stalls: this.stalls,
      stalledMs: this.stalledMs,
      queued: this.queued,
      running: this.running,
      spark: this.spark,
      table: this.table,
    }
  }
}

/** The routes that hold a text; null where everything does. */
export function matching(routes: readonly string[], query: string): Uint8Array | null {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return null
  return Uint8Array.from(routes, (route) => (words.every((word) => route.toLowerCase().includes(word)) ? 1 : 0))
}
