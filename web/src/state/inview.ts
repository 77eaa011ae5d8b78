/** The requests of a piece of time as a list: what the timeline shows, for readers and for the keyboard. */

import { firstRow } from './columns'
import type { State } from './state'

export interface Listed {
  worker: number
  id: number
  route: string
  came: number
  /** null while it is here. */
  left: number | null
  ms: number
  /** Milliseconds that a stall took from it. */
  stoppedMs: number
  isCulprit: boolean
}

export const MOST_LISTED = 200

/** The slowest requests of a piece of time, and how many there were. */
export function listed(state: State, pid: number | null, start: number, end: number, matching: Uint8Array | null): { rows: Listed[]; count: number } {
  const rows: Listed[] = []
  let count = 0
  for (const worker of state.of(pid)) {
    const { requests } = worker
    const stopped = new Map<number, number>()
    const blamed = new Set<number>()
    for (const stall of state.stalls) {
      if (stall.worker !== worker.pid || stall.end < start || stall.start > end) continue
      blamed.add(stall.what.request)
      for (const { request, waited_s } of stall.what.victims) stopped.set(request, (stopped.get(request) ?? 0) + waited_s * 1000)
    }
    const add = (id: number, route: number, came: number, left: number | null): void => {
      if (matching !== null && matching[route] !== 1) return
      count += 1
      const ms = ((left ?? Math.min(worker.at, end)) - came) / 1000
      const [isCulprit, stoppedMs] = [blamed.has(id), stopped.get(id) ?? 0]
      // Keep the list short while it is made: the slowest, and the culprits however quick they were.
      rows.push({ worker: worker.pid, id, route: state.routes.of(route), came, left, ms, stoppedMs, isCulprit })
      if (rows.length > MOST_LISTED * 20) shorten(rows)
    }
    for (let row = firstRow(requests, (place) => requests.left[place]!, start); row < requests.end; row += 1) {
      const at = requests.at(row)
      if (requests.left[at]! >= start && requests.came[at]! <= end) add(requests.id[at]!, requests.route[at]!, requests.came[at]!, requests.left[at]!)
    }
    for (const open of worker.here) if (open.came <= end && worker.at >= start) add(open.id, open.route, open.came, null)
  }
  shorten(rows)
  return { rows, count }
}

function shorten(rows: Listed[]): void {
  rows.sort((one, other) => Number(other.isCulprit) - Number(one.isCulprit) || other.ms - one.ms)
  rows.length = Math.min(rows.length, MOST_LISTED)
}
