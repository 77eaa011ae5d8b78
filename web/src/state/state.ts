/** Frames folded into what is shown: all workers, of now and of the last minutes. As src/clearway/console/state.py. */

import type { Diagnosis, Line, LossLine, StallLine } from '../stream/frames'
import { Names } from './names'
import { LIVE, Worker, type Bounds } from './worker'

/** A stall, and who told of it. Times are the stream's, in microseconds. */
export interface Stall {
  /** Its place among all stalls of the stream, from 0. */
  number: number
  worker: number
  start: number
  end: number
  what: StallLine
}

export interface Loss {
  worker: number
  at: number
  what: LossLine
}

export const STALLS = 5000

export class State {
  readonly workers = new Map<number, Worker>()
  readonly routes = new Names()
  readonly calls = new Names()
  stalls: Stall[] = []
  losses: Loss[] = []
  stallCount = 0
  lossCount = 0
  /** The end of the latest frame. */
  at = 0
  /** Seconds since the epoch at the stream's time 0. */
  origin: number | null = null
  /** What the doctor said, and from when on. */
  diagnoses: { at: number; what: Diagnosis }[] = []
  /** Lines that could not be read. */
  unreadable = 0
  lastUnreadable = ''

  constructor(private readonly bounds: Bounds = LIVE) {}

  /** The next line. A frame of a worker that sent no header is left out; so is one with names that never came. */
  take(line: Line): void {
    if (line.type === 'header') {
      this.origin ??= line.origin
      const known = this.workers.get(line.worker)
      if (known?.header.origin === line.origin) {
        known.again(line)
      } else {
        const offset = Math.round((line.origin - this.origin) * 1e6)
        this.forgetTheGone()
        this.workers.set(line.worker, new Worker(line, offset, this.routes, this.calls, this.bounds))
      }
      return
    }
    const worker = this.workers.get(line.worker)
    if (worker === undefined || !worker.take(line)) return
    this.at = Math.max(this.at, worker.at)
    if (line.doctor !== null) this.diagnoses.push({ at: worker.at, what: line.doctor })
    for (const what of line.stalls) {
      const start = Math.round(what.started_s * 1e6) + worker.offset
      const end = start + Math.round(what.duration_s * 1e6)
      this.stalls.push({ number: this.stallCount++, worker: line.worker, start, end, what })
    }
    for (const what of line.losses) {
      this.lossCount += 1
      this.losses.push({ worker: line.worker, at: Math.round(what.at_s * 1e6) + worker.offset, what })
    }
    if (this.stalls.length > STALLS + 500) this.stalls = this.stalls.slice(-STALLS)
    if (this.diagnoses.length > STALLS) this.diagnoses = this.diagnoses.slice(-STALLS / 2)
    if (this.losses.length > STALLS + 500) this.losses = this.losses.slice(-STALLS)
  }

  /** Where workers come and go, those of whom nothing is held any more. */
  private forgetTheGone(): void {
    for (const [pid, worker] of this.workers) {
      if (worker.isGone && worker.at < this.at - this.bounds.ticksUs) this.workers.delete(pid)
    }
  }

  /** Those of one worker, or all. */
  of(pid: number | null): Worker[] {
    return [...this.workers.values()].filter((worker) => pid === null || worker.pid === pid)
  }

  /** What the doctor said last before a time. */
  doctorAt(time: number): Diagnosis | null {
    return this.diagnoses.findLast(({ at }) => at <= time)?.what ?? null
  }

  /** The time of the oldest frame that is held. */
  get since(): number {
    let since = Infinity
    for (const worker of this.workers.values()) since = Math.min(since, worker.ticks[0]?.at ?? Infinity)
    return since === Infinity ? 0 : since
  }

  get dropped(): number {
    return sum(this.workers.values(), (worker) => worker.dropped)
  }

  get missed(): number {
    return sum(this.workers.values(), (worker) => worker.missed)
  }

  get leftOut(): number {
    return sum(this.workers.values(), (worker) => worker.leftOut)
  }

  get app(): string {
    return this.workers.values().next().value?.header.app ?? ''
  }
}

function sum<T>(items: Iterable<T>, of: (item: T) => number): number {
  let total = 0
  for (const item of items) total += of(item)
  return total
}
