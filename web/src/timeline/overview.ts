/** The strip above the timeline: everything that is held, how busy it was and where it stood still. */

import type { State } from '../state/state'
import type { Palette } from '../theme/palette'
import { between, clamped, type Extent, type View } from './view'

export function extentOf(state: State): Extent {
  return { start: Math.min(state.since, Math.max(0, state.at - 10e6)), end: state.at }
}

/** Requests by column, and the stalls that fall into each. */
export function drawOverview(
  context: CanvasRenderingContext2D,
  state: State,
  pid: number | null,
  palette: Palette,
  extent: Extent,
  width: number,
  height: number,
): void {
  context.fillStyle = palette.panel
  context.fillRect(0, 0, width, height)
  const columns = new Float32Array(Math.ceil(width / 2) + 1)
  const place = (time: number): number => ((time - extent.start) / (extent.end - extent.start)) * width
  for (const worker of state.of(pid)) {
    let before = worker.ticks[0]?.at ?? 0
    for (const tick of worker.ticks) {
      // A frame tells of the time since the one before it: its requests are spread over that.
      const [from, to] = [Math.floor(place(before) / 2), Math.floor(place(tick.at) / 2)]
      const each = tick.requests / (to - from + 1)
      for (let column = Math.max(0, from); column <= to && column < columns.length; column += 1) columns[column]! += each
      before = tick.at
    }
  }
  for (const stall of state.stalls) {
    if (stall.end < extent.start || (pid !== null && stall.worker !== pid)) continue
    const left = place(stall.start)
    const wide = Math.max(1.5, place(stall.end) - left)
    context.fillStyle = palette.stallSoft
    context.fillRect(left, 0, wide, height)
  }
  const highest = Math.max(1, ...columns)
  context.fillStyle = palette.lanes.loop
  context.globalAlpha = 0.55
  columns.forEach((value, column) => {
    const tall = (value / highest) * (height - 6)
    context.fillRect(column * 2, height - tall, 2, tall)
  })
  context.globalAlpha = 1
  for (const stall of state.stalls) {
    if (stall.end < extent.start || (pid !== null && stall.worker !== pid)) continue
    const left = place(stall.start)
    const wide = Math.max(1.5, place(stall.end) - left)
    context.fillStyle = palette.stall
    context.fillRect(left, 0, wide, wide > 3 ? 6 : 9)
  }
}

/** Where the window stands on the strip, from 0 to 1. */
export function windowOn(view: View, extent: Extent): { left: number; right: number } {
  const whole = extent.end - extent.start
  const part = (time: number): number => Math.min(1, Math.max(0, (time - extent.start) / whole))
  return { left: part(view.end - view.span), right: part(view.end) }
}

export type Grip = 'move' | 'left' | 'right' | 'new'

/** What a press at a place (0 to 1) takes hold of; `near` is how far beside an edge counts. */
export function gripAt(at: number, view: View, extent: Extent, near: number): Grip {
  const { left, right } = windowOn(view, extent)
  if (Math.abs(at - left) < near && right - left > 2 * near) return 'left'
  if (Math.abs(at - right) < near && right - left > 2 * near) return 'right'
  return at >= left && at <= right ? 'move' : 'new'
}

/** The window after a drag from one place to another. */
export function dragged(grip: Grip, begun: View, from: number, to: number, extent: Extent): View {
  const whole = extent.end - extent.start
  const time = (at: number): number => extent.start + at * whole
  const start = begun.end - begun.span
  if (grip === 'left') return between(Math.min(time(to), begun.end), begun.end, extent)
  if (grip === 'right') return between(start, Math.max(time(to), start), extent)
  if (grip === 'move') return clamped({ ...begun, end: begun.end + (to - from) * whole, following: false }, extent)
  if (Math.abs(to - from) * whole < begun.span * 0.05)
    return clamped({ ...begun, end: time(to) + begun.span / 2, following: false }, extent)
  return between(time(from), time(to), extent)
}
