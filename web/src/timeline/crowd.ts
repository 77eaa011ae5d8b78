/** What of a worker lies in view: single requests where there is room for them, else how many there were. */

import { firstRow } from '../state/columns'
import type { Worker } from '../state/worker'
import { Density } from './density'
import { ROW } from './layout'
import { x, type Scene } from './scene'

/** A scene whose tracks have no place yet. */
export type Unplaced = Omit<Scene, 'layout'>

/** More bars than this are no longer told apart. */
const MOST_BARS = 3000
const HIGHEST_ROW = 16

export class Crowd {
  readonly total: Density
  readonly waiting: Density
  /** In a thread. */
  readonly away: Density
  /** In a process, or on the cluster. */
  readonly remote: Density
  readonly matched: Density
  /** Places in the worker's columns, where single bars are drawn. */
  requests: number[] = []
  parts: number[] = []
  asBars = true
  /** Of a row, in pixels: high enough for a name where there are few. */
  rowHeight = ROW
  /** Rows that are in use, where single bars are drawn. */
  rowCount = 0
  highest = 0
  count = 0

  constructor(readonly width: number) {
    ;[this.total, this.waiting, this.away, this.remote, this.matched] = [
      new Density(width),
      new Density(width),
      new Density(width),
      new Density(width),
      new Density(width),
    ]
  }

  /** Look at a worker anew. */
  gather(scene: Unplaced, worker: Worker): void {
    for (const density of [this.total, this.waiting, this.away, this.remote, this.matched]) density.clear()
    this.gatherRequests(scene, worker)
    this.gatherParts(scene, worker)
    this.highest = this.total.finish()
    this.waiting.finish()
    this.away.finish()
    this.remote.finish()
    this.matched.finish()
  }

  private gatherRequests(scene: Unplaced, worker: Worker): void {
    const { requests } = worker
    const { end, span } = scene.view
    const start = end - span
    this.requests = []
    this.count = 0
    let highest = -1
    let hasRow = true
    const note = (row: number, left: number, right: number, route: number): void => {
      this.count += 1
      this.total.add(left, right)
      if (scene.matching !== null && scene.matching[route] === 1) this.matched.add(left, right)
      if (row < 0) hasRow = false
      else if (row > highest) highest = row
    }
    for (let row = firstRow(requests, (place) => requests.left[place]!, start); row < requests.end; row += 1) {
      const at = requests.at(row)
      const [came, left] = [requests.came[at]!, requests.left[at]!]
      if (left < start || came > end) continue
      note(requests.row[at]!, x(scene, came), x(scene, left), requests.route[at]!)
      if (this.requests.length < MOST_BARS) this.requests.push(at)
    }
    for (const open of worker.here) {
      if (open.came <= end && worker.at >= start) {
        note(open.row, x(scene, open.came), x(scene, Math.min(worker.at, end)), open.route)
      }
    }
    this.rowCount = highest + 1
    this.rowHeight = Math.min(HIGHEST_ROW, Math.max(ROW, Math.floor((scene.rows * ROW) / (highest + 1))))
    this.asBars = hasRow && highest < scene.rows && this.count <= Math.min(MOST_BARS, scene.width * 1.5)
  }

  private gatherParts(scene: Unplaced, worker: Worker): void {
    const { parts } = worker
    const { end, span } = scene.view
    const start = end - span
    this.parts = []
    for (let row = firstRow(parts, (place) => parts.returned[place]!, start); row < parts.end; row += 1) {
      const at = parts.at(row)
      const [submitted, returned] = [parts.submitted[at]!, parts.returned[at]!]
      if (returned < start || submitted > end) continue
      if (this.asBars) {
        this.parts.push(at)
        continue
      }
      const from = x(scene, submitted)
      const began = x(scene, parts.started[at]!)
      this.waiting.add(from, began)
      const lane = parts.kindAndLane[at]! & 3
      if (lane !== 0) (lane === 1 ? this.away : this.remote).add(began, x(scene, returned))
    }
    if (this.asBars) return
    for (const going of worker.going) {
      const until = x(scene, Math.min(worker.at, end))
      const began = going.started > 0 ? x(scene, going.started) : until
      this.waiting.add(x(scene, going.submitted), began)
      if (going.lane !== 0) (going.lane === 1 ? this.away : this.remote).add(began, until)
    }
  }
}
