/** What one worker has told: its bars, its ticks and its table. */

import type { Counts, Frame, Header, Pool } from '../stream/frames'
import { PartColumns, RequestColumns } from './columns'
import { addLatencies, type Histogram } from './histogram'
import type { Names } from './names'
import { Rows } from './rows'
import { readTable, type Table } from './table'

/** What is held of bars and of ticks. Live it is bounded by time as well. */
export interface Bounds {
  requests: number
  parts: number
  ticksUs: number
}
export const LIVE: Bounds = { requests: 1 << 18, parts: 1 << 19, ticksUs: 300e6 }
export const REPLAY: Bounds = { requests: 1 << 20, parts: 1 << 21, ticksUs: Infinity }

/** One frame without its single requests. Its routes are numbered for the whole page. */
export interface Tick {
  at: number
  counts: Counts[]
  requests: number
  pool: Pool | null
  loopCpu: number
  inFlight: number
}

/** A bar that is still growing. */
export interface OpenRequest {
  id: number
  route: number
  came: number
  row: number
}
export interface OpenPart {
  request: number
  route: number
  call: number
  kind: number
  lane: number
  track: number
  submitted: number
  /** 0 while it waits. */
  started: number
  row: number
}

export class Worker {
  readonly requests: RequestColumns
  readonly parts: PartColumns
  /** The highest track of each lane that was ever used; -1 for none. */
  readonly tracks = [-1, -1, -1, -1]
  here: OpenRequest[] = []
  going: OpenPart[] = []
  ticks: Tick[] = []
  totals = new Map<number, Histogram>()
  table: Table | null = null
  at = 0
  inFlight = 0
  dropped = 0
  leftOut = 0
  /** Frames that never came, because this page was slow. */
  missed = 0
  isGone = false
  /** Since when the loop has not turned, where a stall still lasts; 0 while it turns. */
  stoppedSince = 0
  private readonly rows = new Rows()
  private routeNumbers: number[] = []
  private callNumbers: number[] = []
  /** Frames up to here are known: a stream that begins anew tells them again. */
  private knownUntil = -Infinity

  constructor(
    public header: Header,
    /** Added to the worker's times, they are the stream's. */
    readonly offset: number,
    private readonly routes: Names,
    private readonly calls: Names,
    private readonly bounds: Bounds,
  ) {
    this.requests = new RequestColumns(bounds.requests)
    this.parts = new PartColumns(bounds.parts)
  }

  get pid(): number {
    return this.header.worker
  }

  /** The same worker speaks from the beginning again: its names are numbered anew, what it told is kept. */
  again(header: Header): void {
    this.header = header
    this.routeNumbers = []
    this.callNumbers = []
    this.knownUntil = this.at
  }

  /** The next frame. False when it was known, or names what never came. */
  take(frame: Frame): boolean {
    for (const name of frame.routes) this.routeNumbers.push(this.routes.number(name))
    for (const name of frame.calls) this.callNumbers.push(this.calls.number(name))
    const at = frame.at_us + this.offset
    if (at <= this.knownUntil) return false
    if (frame.counts.some(([route]) => this.routeNumbers[route] === undefined)) return false
    this.at = at
    this.takeBars(frame)
    this.takeCounts(frame)
    if (frame.table !== null) this.table = readTable(frame.table)
    this.dropped += frame.dropped
    this.leftOut += frame.left_out
    this.missed += frame.missed
    this.isGone = frame.gone
    this.inFlight = frame.in_flight
    const isStopped = frame.overdue_us > this.header.stall_threshold_ms * 1000
    this.stoppedSince = isStopped ? at - frame.overdue_us : 0
    return true
  }

  private takeBars(frame: Frame): void {
    const { offset } = this
    const done = new Map<number, number>()
    // A frame that is a sample is not in order; rows and searches rest on it.
    for (const [id, route, came, left] of frame.requests.sort((one, other) => one[3] - other[3])) {
      const row = this.rows.left(id, came, left)
      done.set(id, row)
      this.requests.add(id, this.route(route), came + offset, left + offset, row)
    }
    const open = frame.here.filter(([id]) => !done.has(id))
    this.rows.keep(new Set(open.map(([id]) => id)))
    this.here = open.map(([id, route, came]) => ({
      id,
      route: this.route(route),
      came: came + offset,
      row: this.rows.here(id, came),
    }))
    for (const part of frame.parts.sort((one, other) => one[9] - other[9])) {
      const [id, route, call, , lane, track] = part
      this.track(lane, track)
      this.parts.add(part, offset, this.route(route), this.call(call), done.get(id) ?? this.rows.of(id))
    }
    this.going = frame.going.map(([request, route, call, kind, lane, track, submitted, started]) => {
      if (started > 0) this.track(lane, track)
      return {
        request,
        route: this.route(route),
        call: this.call(call),
        kind,
        lane,
        track,
        submitted: submitted + offset,
        started: started > 0 ? started + offset : 0,
        row: this.rows.of(request),
      }
    })
  }

  private takeCounts(frame: Frame): void {
    const counts = frame.counts.map((row) => [this.route(row[0]), ...row.slice(1)] as Counts)
    let requests = 0
    for (const [route, count, , , , latencies] of counts) {
      requests += count
      let total = this.totals.get(route)
      if (total === undefined) this.totals.set(route, (total = new Map()))
      addLatencies(total, latencies)
    }
    this.ticks.push({
      at: this.at,
      counts,
      requests,
      pool: frame.pool,
      loopCpu: frame.loop_cpu,
      inFlight: frame.in_flight,
    })
    const since = this.at - this.bounds.ticksUs
    if ((this.ticks[0]?.at ?? 0) < since - 10e6) this.ticks = this.ticks.filter((tick) => tick.at >= since)
  }

  private track(lane: number, track: number): void {
    // A number that no lane can have would make rows without end.
    if (lane in this.tracks && track < 4096) this.tracks[lane] = Math.max(this.tracks[lane]!, track)
  }

  private route(number: number): number {
    return this.routeNumbers[number] ?? this.routes.number('(not named)')
  }

  private call(number: number): number {
    return this.callNumbers[number] ?? this.calls.number('(not named)')
  }
}
