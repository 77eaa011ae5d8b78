/** The thread lane over time, of one worker or of all: columns for a chart. */

import type { State } from './state'

export interface PoolSeries {
  /** Seconds since the epoch. */
  time: number[]
  limit: (number | null)[]
  live: (number | null)[]
  busy: (number | null)[]
  queued: (number | null)[]
  inFlight: (number | null)[]
  /** Processors used by the loops' threads, 0 to the number of workers. */
  loopCpu: (number | null)[]
  load: (number | null)[]
  budget: (number | null)[]
}

const MOST = 600

/** The sums over workers at even steps: each worker counts with its latest frame before. */
export function poolSeries(state: State, pid: number | null, start: number, end: number): PoolSeries {
  const series: PoolSeries = { time: [], limit: [], live: [], busy: [], queued: [], inFlight: [], loopCpu: [], load: [], budget: [] }
  const workers = state.of(pid).filter((worker) => worker.ticks.length > 0)
  const step = Math.max(100_000, (end - start) / MOST)
  const places = workers.map(() => 0)
  for (let time = start; time <= end; time += step) {
    const sums = { limit: 0, live: 0, busy: 0, queued: 0, inFlight: 0, loopCpu: 0, load: 0, budget: 0 }
    let told = 0
    workers.forEach((worker, index) => {
      while ((worker.ticks[places[index]! + 1]?.at ?? Infinity) <= time) places[index]! += 1
      const tick = worker.ticks[places[index]!]!
      // One that has been silent for long has gone, or has not come yet.
      if (tick.at > time || tick.at < time - 5e6) return
      told += 1
      sums.inFlight += tick.inFlight
      sums.loopCpu += tick.loopCpu
      const { pool } = tick
      if (pool === null) return
      sums.limit += pool.limit
      sums.live += pool.live
      sums.busy += pool.busy
      sums.queued += pool.queued
      sums.load += pool.load
      sums.budget += pool.budget
    })
    series.time.push((state.origin ?? 0) + time / 1e6)
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) series[key].push(told > 0 ? sums[key] : null)
  }
  return series
}
