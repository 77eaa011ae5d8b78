import { describe, expect, it } from 'vitest'
import { firstRow } from '../src/state/columns'
import { culprits } from '../src/state/culprits'
import { bucketTopUs, percentilesMs } from '../src/state/histogram'
import { listed } from '../src/state/inview'
import { poolSeries } from '../src/state/pool'
import { requestDetail } from '../src/state/request'
import { matching, routeRows } from '../src/state/routes'
import { State } from '../src/state/state'
import type { Frame } from '../src/stream/frames'
import { frame, header, stall } from './lines'

function told(...frames: Partial<Frame>[]): State {
  const state = new State()
  state.take(header())
  for (const each of frames) state.take(frame(each))
  return state
}

describe('several workers', () => {
  it('are on one clock, that of the first', () => {
    const state = told({ at_us: 5e6 })
    state.take(header({ worker: 2, origin: 1002 }))
    state.take(frame({ worker: 2, at_us: 1e6, stalls: [stall({ started_s: 0.5 })] }))
    expect(state.at).toBe(5e6)
    expect(state.workers.get(2)?.at).toBe(3e6)
    expect(state.stalls[0]).toMatchObject({ worker: 2, start: 2.5e6, end: 2.55e6 })
  })

  it('number their names each for itself, and are added up by name', () => {
    const state = told({ routes: ['GET /a', 'GET /b'], counts: [[1, 3, 10, 30, 0, [[80, 3]]]] })
    state.take(header({ worker: 2 }))
    state.take(frame({ worker: 2, routes: ['GET /b'], counts: [[0, 7, 10, 70, 0, [[80, 7]]]] }))
    const rows = routeRows(state, null, state.at)
    expect(rows.find(({ route }) => route === 'GET /b')?.requests).toBe(10)
    expect(routeRows(state, 2, state.at).find(({ route }) => route === 'GET /b')?.requests).toBe(7)
  })
})

describe('a stream that begins anew', () => {
  it('tells nothing twice, and loses nothing', () => {
    const frames = [
      { at_us: 1e6, routes: ['GET /a'], counts: [[0, 1, 5, 5, 0, [[8, 1]]]] as Frame['counts'], stalls: [stall()] },
      { at_us: 2e6, routes: ['GET /b'], counts: [[1, 1, 5, 5, 0, [[8, 1]]]] as Frame['counts'] },
    ]
    const state = told(...frames)
    state.take(header())
    for (const each of frames) state.take(frame(each))
    state.take(frame({ at_us: 3e6, counts: [[1, 4, 5, 5, 0, [[8, 4]]]] }))
    expect(state.stallCount).toBe(1)
    const requests = Object.fromEntries(routeRows(state, null, state.at).map((row) => [row.route, row.requests]))
    expect(requests).toEqual({ 'GET /a': 1, 'GET /b': 5 })
  })

  it('of another process with the same number begins from nothing', () => {
    const state = told({ at_us: 9e6, routes: ['GET /old'], requests: [[1, 0, 1, 2]] })
    state.take(header({ origin: 1100 }))
    state.take(frame({ at_us: 1e6, routes: ['GET /new'], requests: [[1, 0, 1, 2]] }))
    expect(state.workers.get(1)?.requests.length).toBe(1)
    expect(state.at).toBe(101e6)
  })
})

describe('what cannot be', () => {
  it('is left out: frames of unknown workers, names that never came', () => {
    const state = told({ counts: [[5, 1, 1, 1, 0, []]] })
    state.take(frame({ worker: 99 }))
    expect(state.at).toBe(0)
    const wild = told({ requests: [[1, 70, 1, 2]], parts: [[1, 70, 70, 99, 9, 1e9, 1, 2, 3, 4]] })
    expect(wild.routes.of(wild.workers.get(1)!.requests.route[0]!)).toBe('(not named)')
    expect(wild.workers.get(1)!.tracks).toEqual([-1, -1, -1, -1])
  })
})

describe('percentiles', () => {
  it('are the top of the bucket that holds them, over frames and workers', () => {
    const latencies = new Map([[80, 90], [100, 9], [120, 1]])
    const [p50, p95, p99, all] = percentilesMs(latencies, [0.5, 0.95, 0.99, 1])
    expect([p50, p95, p99, all]).toEqual([80, 100, 100, 120].map((bucket) => bucketTopUs(bucket) / 1000))
    expect(percentilesMs(new Map(), [0.5])).toEqual([null])
  })
})

describe('routes', () => {
  it('are those of the time that is asked for', () => {
    const counts: Frame['counts'] = [[0, 10, 1000, 5000, 20_000, [[80, 10]]]]
    const state = told({ at_us: 1e6, routes: ['GET /a'], counts }, { at_us: 30e6, counts: [[0, 1, 1, 1, 0, [[80, 1]]]] })
    expect(routeRows(state, null, 2e6)[0]).toMatchObject({ requests: 10, rate: 1, wait: 2 })
    expect(routeRows(state, null, 30e6)[0]).toMatchObject({ requests: 1, wait: 0 })
    expect(routeRows(state, null, 15e6)[0]).toMatchObject({ requests: 0, p50: null })
  })

  it('carry their plan and their stalls', () => {
    const table = { routes: [{ route: 'GET /bad/', lane: 'loop', why: 'async def', call: 'app:bad', dependencies: [], queued: 2 }] }
    const state = told({ table, stalls: [stall(), stall({ duration_s: 1 })] })
    expect(routeRows(state, null, state.at)[0]).toMatchObject({ lane: 'loop', why: 'async def', stalls: 2, stalledMs: 1050, queued: 2 })
  })

  it('are found by words in any case', () => {
    const routes = ['GET /items/{id}', 'POST /items', 'GET /']
    expect([...matching(routes, 'get ITEMS')!]).toEqual([1, 0, 0])
    expect(matching(routes, '  ')).toBeNull()
  })
})

describe('stalls', () => {
  it('are added up by the line that is to blame', () => {
    const victims = [{ request: 4, route: 'GET /', waited_s: 0.04, arrived_during: false }]
    const state = told({
      stalls: [
        stall({ victims, victim_count: 1 }),
        stall({ duration_s: 0.1, victims, victim_count: 300 }),
        stall({ culprit: null, cause: 'machine', operation: null, route: null }),
      ],
    })
    const [line, machine] = culprits(state, null, state.at)
    expect(line).toMatchObject({ count: 2, file: '/srv/app.py', line: 7, worstMs: 100, lostMs: 80, isLower: true, victims: 301 })
    expect(machine).toMatchObject({ file: null, cause: 'machine', count: 1, routes: [] })
    expect(culprits(state, null, 0)).toEqual([])
  })

  it('that still last are known before anybody is blamed', () => {
    const state = told({ at_us: 3e6, overdue_us: 15_000 }, { at_us: 4e6, overdue_us: 900_000 })
    expect(state.workers.get(1)?.stoppedSince).toBe(3.1e6)
    state.take(frame({ at_us: 5e6 }))
    expect(state.workers.get(1)?.stoppedSince).toBe(0)
  })
})

describe('a request', () => {
  const state = told({
    at_us: 20_000,
    routes: ['GET /a'],
    calls: ['app:a'],
    requests: [[3, 0, 1000, 11_000]],
    parts: [[3, 0, 0, 0, 1, 2, 2000, 4000, 9000, 10_000]],
    here: [[4, 0, 15_000, 0]],
    going: [[4, 0, 0, 0, 1, 0, 16_000, 0, 0, 0]],
    stalls: [stall({ request: 3, victims: [{ request: 4, route: 'GET /a', waited_s: 0.002, arrived_during: true }], victim_count: 1 })],
  })

  it('has parts that add up to the whole', () => {
    const found = requestDetail(state, 1, 3)!
    expect(found).toMatchObject({ route: 'GET /a', waitMs: 2, runMs: 5, returnMs: 1, restMs: 2 })
    expect(found.parts[0]).toMatchObject({ call: 'app:a', kind: 'endpoint', lane: 'thread', track: 2 })
    expect(found.culpritOf).toHaveLength(1)
  })

  it('that is still here grows', () => {
    expect(requestDetail(state, 1, 4)).toMatchObject({ left: null, waitMs: 4, runMs: 0, victimOf: [{ waitedMs: 2 }] })
    expect(requestDetail(state, 1, 5)).toBeNull()
  })

  it('stands in the list of what is in view', () => {
    const { rows, count } = listed(state, null, 0, 20_000, null)
    expect(count).toBe(2)
    expect(rows[0]).toMatchObject({ id: 3, isCulprit: true, ms: 10 })
    expect(listed(state, null, 0, 500, null).count).toBe(0)
  })
})

describe('what is held', () => {
  it('is bounded: the oldest bars go, and numbers of rows stay valid', () => {
    const state = new State({ requests: 2048, parts: 2048, ticksUs: 1e6 })
    state.take(header())
    for (let number = 0; number < 50; number += 1) {
      const requests = Array.from({ length: 100 }, (_, index): [number, number, number, number] => {
        const id = number * 100 + index
        return [id, 0, id * 10, id * 10 + 5]
      })
      state.take(frame({ at_us: (number + 1) * 1e6, routes: number ? [] : ['GET /'], requests }))
    }
    const { requests } = state.workers.get(1)!
    expect(requests.length).toBe(2048)
    expect(requests.id[requests.at(requests.end - 1)]).toBe(4999)
    expect(requests.id[requests.at(requests.first)]).toBe(5000 - 2048)
    const row = firstRow(requests, (place) => requests.left[place]!, 45_000)
    expect(requests.left[requests.at(row)]).toBeLessThanOrEqual(45_000)
    expect(state.workers.get(1)!.ticks.length).toBeLessThan(15)
  })
})

describe('the pool', () => {
  it('is the sum over the workers that speak', () => {
    const pool = { limit: 10, live: 4, busy: 3, queued: 1, load: 0.5, budget: 1.5 }
    const state = told({ at_us: 1e6, pool, loop_cpu: 0.2, in_flight: 5 })
    state.take(header({ worker: 2 }))
    state.take(frame({ worker: 2, at_us: 1e6, pool, loop_cpu: 0.3, in_flight: 1 }))
    const series = poolSeries(state, null, 1e6, 1.1e6)
    expect(series.busy[0]).toBe(6)
    expect(series.loopCpu[0]).toBeCloseTo(0.5)
    expect(poolSeries(state, 1, 1e6, 1.1e6).inFlight[0]).toBe(5)
    expect(poolSeries(state, null, 9e6, 9.1e6).busy[0]).toBeNull()
  })
})
