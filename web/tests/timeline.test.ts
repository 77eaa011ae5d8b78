import { describe, expect, it } from 'vitest'
import { Rows } from '../src/state/rows'
import { State } from '../src/state/state'
import { Crowd } from '../src/timeline/crowd'
import { Density, runs } from '../src/timeline/density'
import { rulerText } from '../src/timeline/draw'
import { hit } from '../src/timeline/hit'
import { GUTTER, layout, STRIP, trackAt } from '../src/timeline/layout'
import { dragged, gripAt, windowOn } from '../src/timeline/overview'
import { RULER, type Scene } from '../src/timeline/scene'
import { between, clamped, LiveClock, panned, SHORTEST_US, step, timeAt, xOf, zoomed, type View } from '../src/timeline/view'
import { frame, header, stall } from './lines'

const EXTENT = { start: 0, end: 100e6 }
const view = (more: Partial<View> = {}): View => ({ end: 50e6, span: 10e6, following: false, ...more })

describe('the window', () => {
  it('goes from time to place and back', () => {
    expect(xOf(45e6, view(), 1000)).toBe(500)
    expect(timeAt(500, view(), 1000)).toBe(45e6)
  })

  it('keeps the time under the pointer where it is when it zooms', () => {
    for (const anchor of [0, 0.25, 1]) {
      const before = timeAt(anchor * 1000, view(), 1000)
      expect(timeAt(anchor * 1000, zoomed(view(), 0.3, anchor, EXTENT), 1000)).toBeCloseTo(before, 3)
    }
  })

  it('follows on while it zooms, and no longer once it is moved', () => {
    expect(zoomed(view({ following: true }), 0.5, 0, EXTENT)).toMatchObject({ following: true, span: 5e6 })
    expect(panned(view({ following: true }), -0.5, EXTENT)).toMatchObject({ following: false, end: 45e6 })
  })

  it('stays within what is held, and within what can be seen', () => {
    expect(panned(view(), 100, EXTENT).end).toBeLessThanOrEqual(100e6 + 0.5e6)
    expect(panned(view(), -100, EXTENT).end).toBeGreaterThanOrEqual(9.5e6)
    expect(zoomed(view(), 1e-9, 0.5, EXTENT).span).toBe(SHORTEST_US)
    expect(zoomed(view(), 1e9, 0.5, EXTENT).span).toBeLessThanOrEqual(105e6)
    expect(between(9, 3, EXTENT).span).toBe(SHORTEST_US)
    expect(clamped(view({ end: NaN, span: 1e6 }), { start: 0, end: 0 }).span).toBe(1e6)
  })

  it('has a ruler with round steps, few enough to read', () => {
    for (const span of [500, 1e3, 33e3, 1e6, 20e6, 119e6, 3600e6]) {
      const every = step(span, 12)
      expect(span / every).toBeLessThanOrEqual(12)
      expect(every).toBeGreaterThan(0)
    }
    expect(rulerText(1e9 + 0.25, 50_000)).toMatch(/^\d\d\.250$/)
  })
})

describe('the live clock', () => {
  it('goes evenly though frames come in jerks, and stops soon after the last', () => {
    const clock = new LiveClock()
    clock.told(1e6, 1050)
    clock.told(1.2e6, 1400)
    const first = clock.at(1400)
    expect(clock.at(1500) - first).toBeCloseTo(100_000, 0)
    expect(clock.at(1400)).toBeLessThan(1.2e6)
    expect(clock.at(60_000)).toBe(2.2e6)
  })
})

describe('the brush', () => {
  it('takes hold of an edge, of the window, or begins a new one', () => {
    expect(windowOn(view(), EXTENT)).toEqual({ left: 0.4, right: 0.5 })
    expect(gripAt(0.402, view(), EXTENT, 0.01)).toBe('left')
    expect(gripAt(0.499, view(), EXTENT, 0.01)).toBe('right')
    expect(gripAt(0.45, view(), EXTENT, 0.01)).toBe('move')
    expect(gripAt(0.9, view(), EXTENT, 0.01)).toBe('new')
    expect(dragged('left', view(), 0.4, 0.3, EXTENT)).toMatchObject({ end: 50e6, span: 20e6 })
    expect(dragged('right', view(), 0.5, 0.6, EXTENT)).toMatchObject({ end: 60e6, span: 20e6 })
    expect(dragged('move', view(), 0.45, 0.55, EXTENT)).toMatchObject({ end: 60e6, span: 10e6 })
    expect(dragged('new', view(), 0.7, 0.8, EXTENT)).toMatchObject({ end: 80e6, span: 10e6 })
    expect(dragged('new', view(), 0.7, 0.7, EXTENT)).toMatchObject({ end: 75e6, span: 10e6 })
  })
})

describe('density', () => {
  it('loses nothing of what lies in view, however thin it is', () => {
    const density = new Density(100)
    const bars: [number, number][] = [[-5, 3], [10.25, 10.5], [20, 40.75], [20.5, 21.5], [99.5, 180], [200, 300]]
    for (const [from, to] of bars) density.add(from, to)
    density.finish()
    const area = bars.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(100, to) - Math.max(0, from)), 0)
    expect(density.columns.reduce((sum, value) => sum + value, 0)).toBeCloseTo(area, 4)
    expect(density.columns[30]).toBeCloseTo(1, 5)
    expect(density.columns[10]).toBeCloseTo(0.25, 5)
  })

  it('is empty after it was cleared', () => {
    const density = new Density(10)
    density.add(1, 9)
    density.finish()
    density.clear()
    expect(density.finish()).toBe(0)
  })

  it('is drawn in as few pieces as there are values beside each other', () => {
    const pieces: number[][] = []
    runs(6, (column) => [1, 1, 0, 2, 2, 2][column]!, (...piece) => pieces.push(piece))
    expect(pieces).toEqual([[1, 0, 2], [0, 2, 3], [2, 3, 6]])
  })
})

describe('rows', () => {
  it('hold no two requests at once, and a request keeps its row', () => {
    const rows = new Rows()
    expect(rows.here(1, 0)).toBe(0)
    expect(rows.here(2, 5)).toBe(1)
    expect(rows.left(3, 6, 8)).toBe(2)
    expect(rows.left(1, 0, 10)).toBe(0)
    expect(rows.left(4, 10, 12)).toBe(0)
    expect(rows.here(2, 5)).toBe(1)
    rows.keep(new Set())
    expect(rows.left(5, 9, 13)).toBe(1)
  })
})

/** A scene of one worker, 1000 pixels for a second. */
function scene(state: State): Scene {
  const workers = state.of(null)
  return {
    state,
    workers,
    layout: layout(workers, () => 96),
    view: { end: 1e6, span: 1e6, following: false },
    width: 1000,
    height: 600,
    scroll: 0,
    rows: 12,
    matching: null,
    palette: {} as Scene['palette'],
    patterns: {} as Scene['patterns'],
    selected: null,
    hovered: null,
  }
}

describe('tracks', () => {
  const state = new State()
  state.take(header())
  state.take(
    frame({
      at_us: 1e6,
      routes: ['GET /'],
      calls: ['app:index'],
      requests: [[1, 0, 100_000, 300_000]],
      parts: [
        [1, 0, 0, 0, 1, 2, 110_000, 150_000, 250_000, 290_000],
        [1, 0, 0, 0, 2, 0, 110_000, 150_000, 250_000, 290_000],
      ],
      stalls: [stall({ started_s: 0.5, duration_s: 0.1 })],
    }),
  )
  const shown = scene(state)
  const crowd = new Crowd(1000)
  crowd.gather(shown, shown.workers[0]!)
  const crowds = new Map([[1, crowd]])

  it('are the loop, each thread that was seen, each process', () => {
    expect(shown.layout.tracks.map(({ lane, number }) => `${lane} ${number}`)).toEqual(['loop 0', 'thread 0', 'thread 1', 'thread 2', 'process 0'])
    for (const track of shown.layout.tracks) expect(trackAt(shown.layout, track.y + 1)).toBe(track)
  })

  it('say what lies under the pointer', () => {
    const [loop, , , thread] = shown.layout.tracks
    const at = (time: number, y: number): ReturnType<typeof hit> => hit(shown, crowds, GUTTER + time / 1000, RULER + y)
    expect(at(200_000, loop!.y + STRIP + 2)).toEqual({ kind: 'request', worker: 1, id: 1 })
    expect(at(200_000, thread!.y + 2)).toEqual({ kind: 'request', worker: 1, id: 1 })
    expect(at(120_000, thread!.y + 2)).toBeNull()
    expect(at(550_000, loop!.y + 2)).toEqual({ kind: 'stall', number: 0 })
    expect(at(900_000, loop!.y + STRIP + 2)).toBeNull()
    expect(hit(shown, crowds, 5, RULER + 30)).toBeNull()
  })
})

describe('a crowd', () => {
  it('of more requests than there is room for is counted by column', () => {
    const state = new State()
    state.take(header())
    const requests = Array.from({ length: 4000 }, (_, id): [number, number, number, number] => [id, 0, id * 200, id * 200 + 40_000])
    state.take(frame({ at_us: 1e6, routes: ['GET /'], requests }))
    const shown = scene(state)
    const crowd = new Crowd(1000)
    crowd.gather(shown, shown.workers[0]!)
    expect(crowd.asBars).toBe(false)
    expect(crowd.count).toBe(4000)
    expect(crowd.total.columns[400]).toBeCloseTo(200, 0)
    expect(hit(shown, new Map([[1, crowd]]), GUTTER + 400, RULER + STRIP + 30)).toMatchObject({ kind: 'crowd' })
  })
})
