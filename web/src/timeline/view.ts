/** Which piece of time is shown. Times in the stream's microseconds. */

export interface View {
  /** The right edge. Where it follows, the clock says it. */
  end: number
  span: number
  following: boolean
}

/** What can be shown: from the oldest that is held to the latest. */
export interface Extent {
  start: number
  end: number
}

export const SHORTEST_US = 500
export const FIRST_SPAN_US = 20e6
const SHORTEST_EXTENT_US = 10e6

export function longest(extent: Extent): number {
  return Math.max(SHORTEST_EXTENT_US, extent.end - extent.start) * 1.05
}

/** Inside what is held, with a little room at both ends. */
export function clamped(view: View, extent: Extent): View {
  const span = Math.min(Math.max(view.span, SHORTEST_US), longest(extent))
  const margin = span * 0.05
  const lowest = Math.min(extent.start + span, extent.end) - margin
  const end = Math.min(Math.max(view.end, lowest), extent.end + margin)
  return { ...view, span, end }
}

/** Moved by a part of what is shown; it then follows no longer. */
export function panned(view: View, part: number, extent: Extent): View {
  return clamped({ ...view, end: view.end + part * view.span, following: false }, extent)
}

/** `factor` < 1 shows less. The time at `anchor` (0 left, 1 right) stays where it is; a view that follows keeps its edge. */
export function zoomed(view: View, factor: number, anchor: number, extent: Extent): View {
  const span = Math.min(Math.max(view.span * factor, SHORTEST_US), longest(extent))
  if (view.following) return { ...view, span }
  const fixed = view.end - view.span * (1 - anchor)
  return clamped({ ...view, span, end: fixed + span * (1 - anchor) }, extent)
}

/** From a time to a time. */
export function between(from: number, to: number, extent: Extent): View {
  const [start, end] = from < to ? [from, to] : [to, from]
  return clamped({ end, span: Math.max(end - start, SHORTEST_US), following: false }, extent)
}

export function xOf(time: number, view: View, width: number): number {
  return ((time - view.end) / view.span + 1) * width
}

export function timeAt(x: number, view: View, width: number): number {
  return view.end + (x / width - 1) * view.span
}

/** Round distances between the marks of a ruler, in microseconds: 1, 2 or 5 of some power of ten; then of the clock. */
export function step(span: number, most: number): number {
  const least = span / Math.max(1, most)
  if (least > 30e6) return [60e6, 120e6, 300e6, 600e6, 1800e6, 3600e6].find((found) => found >= least) ?? 7200e6
  if (least > 10e6) return [15e6, 30e6].find((found) => found >= least)!
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)))
  return [1, 2, 5, 10].map((found) => found * power).find((found) => found >= least)!
}

/**
 * The stream's time of now, gone through smoothly although frames come in jerks: a little behind, so that what is shown
 * has been told.
 */
export class LiveClock {
  private difference: number | null = null
  private latest = 0

  /** A frame of `at` has come now (`now` in milliseconds, of any clock that goes evenly). */
  told(at: number, now: number): void {
    const difference = at - now * 1000
    // The frame that came soonest after it was made says best what time it is; slowly forget it.
    if (this.difference === null || difference > this.difference || at < this.latest) this.difference = difference
    else this.difference += (difference - this.difference) * 0.05
    this.latest = at
  }

  /** The time to show: never more than a second beyond what has been told. */
  at(now: number): number {
    if (this.difference === null) return 0
    return Math.min(now * 1000 + this.difference - BEHIND_US, this.latest + 1e6)
  }
}

const BEHIND_US = 300_000
