/** The loop's track: its stalls, and the requests as bars, or how many there were. */

import type { Stall } from '../state/state'
import { causeText } from '../state/culprits'
import { requestDetail } from '../state/request'
import { LANES } from '../stream/frames'
import { duration } from '../text/format'
import type { Crowd } from './crowd'
import { runs } from './density'
import { ROW, STRIP, type Track } from './layout'
import { isPicked, stallsInView, x, type Scene } from './scene'

const FAINT = 0.18
/** A stall narrower than this is red in the strip alone: many of them would hide what is below. */
const NARROW = 2

export function drawLoop(context: CanvasRenderingContext2D, scene: Scene, track: Track, crowd: Crowd): void {
  const { palette, width } = scene
  const stalls = stallsInView(scene, track.worker.pid)
  context.fillStyle = palette.stallSoft
  for (const stall of stalls) {
    const [left, right] = [x(scene, stall.start), x(scene, stall.end)]
    if (right - left >= NARROW) context.fillRect(left, track.y, right - left, track.height)
  }
  if (crowd.asBars) {
    drawRequests(context, scene, track, crowd)
    drawParts(context, scene, track, crowd)
    drawVictims(context, scene, track, crowd, stalls)
    if (crowd.rowHeight >= 13) drawNames(context, scene, track, crowd)
  } else {
    drawCrowd(context, scene, track, crowd, stalls)
    drawPicked(context, scene, track)
  }
  context.fillStyle = palette.line
  context.fillRect(0, track.y + STRIP - 3, width, 1)
  drawStalls(context, scene, track, stalls)
  drawOverdue(context, scene, track)
}

/** The strip on top: red where the loop stood still, never thinner than can be seen. */
function drawStalls(context: CanvasRenderingContext2D, scene: Scene, track: Track, stalls: Stall[]): void {
  const { palette, selected, hovered } = scene
  let labelled = -Infinity
  for (const stall of stalls) {
    const left = x(scene, stall.start)
    const wide = Math.max(2, x(scene, stall.end) - left)
    context.fillStyle = palette.stall
    context.fillRect(left, track.y, wide, STRIP - 3)
    const isChosen = [selected, hovered].some((pick) => pick?.kind === 'stall' && pick.number === stall.number)
    if (isChosen) {
      context.strokeStyle = palette.text
      context.lineWidth = 1.5
      context.strokeRect(left - 1, track.y - 1, wide + 2, track.height + 1)
    }
    const shown = Math.max(left, 0)
    if (left + wide - shown > 70 && shown > labelled) {
      const text = `${duration(stall.what.duration_s * 1000)}  ${stall.what.operation ?? causeText(stall.what.cause)}  ${stall.what.route ?? ''}`
      context.fillStyle = palette.panel
      clippedText(context, text, shown + 5, track.y + 9, left + wide - shown - 8)
      labelled = left + wide
    }
  }
}

/** A stall that still lasts: nobody is blamed yet, but it is red. */
function drawOverdue(context: CanvasRenderingContext2D, scene: Scene, track: Track): void {
  const { stoppedSince } = track.worker
  if (stoppedSince === 0) return
  const [left, right] = [x(scene, stoppedSince), x(scene, Math.max(openEnd(scene, track), stoppedSince))]
  if (left > scene.width) return
  context.fillStyle = scene.palette.stallSoft
  context.globalAlpha = 0.6
  context.fillRect(left, track.y, Math.max(2, right - left), track.height)
  context.globalAlpha = 1
  context.fillStyle = scene.palette.stall
  context.fillRect(left, track.y, Math.max(2, right - left), STRIP - 3)
  context.fillStyle = scene.palette.panel
  const shown = Math.max(left, 0)
  clippedText(context, `stands still for ${duration((track.worker.at - stoppedSince) / 1000)}`, shown + 5, track.y + 9, right - shown - 8)
}

function drawRequests(context: CanvasRenderingContext2D, scene: Scene, track: Track, crowd: Crowd): void {
  const { palette, matching } = scene
  const { requests } = track.worker
  const top = track.y + STRIP
  const [pitch, height] = [crowd.rowHeight, crowd.rowHeight - 2]
  const bar = (id: number, route: number, left: number, right: number, row: number): void => {
    const [from, wide] = [left, Math.max(1, right - left)]
    const y = top + row * pitch
    context.globalAlpha = matching === null || matching[route] === 1 ? 1 : FAINT
    context.fillStyle = palette.lanes.loop
    context.fillRect(from, y, wide, height)
    if (isPicked(scene, track.worker.pid, id)) outline(context, scene, from, y, wide, height)
  }
  for (const at of crowd.requests) {
    bar(requests.id[at]!, requests.route[at]!, x(scene, requests.came[at]!), x(scene, requests.left[at]!), requests.row[at]!)
  }
  for (const open of track.worker.here) {
    if (open.row >= 0) bar(open.id, open.route, x(scene, open.came), x(scene, openEnd(scene, track)), open.row)
  }
  context.globalAlpha = 1
}

/** The route of each bar that has room for it. */
function drawNames(context: CanvasRenderingContext2D, scene: Scene, track: Track, crowd: Crowd): void {
  const { requests, here } = track.worker
  context.fillStyle = scene.palette.panel
  const name = (route: number, left: number, right: number, row: number): void => {
    const from = Math.max(left, 0) + 4
    if (row >= 0 && right - from > 40) clippedText(context, scene.state.routes.of(route), from, track.y + STRIP + row * crowd.rowHeight + crowd.rowHeight - 6, Math.min(right, scene.width) - from - 4)
  }
  for (const at of crowd.requests) name(requests.route[at]!, x(scene, requests.came[at]!), x(scene, requests.left[at]!), requests.row[at]!)
  for (const open of here) name(open.route, x(scene, open.came), x(scene, openEnd(scene, track)), open.row)
}

/** A bar that still grows ends with what has been told. */
export function openEnd(scene: Scene, track: Track): number {
  return Math.min(track.worker.at, scene.view.end)
}

/** Over the requests' bars: where they waited, and where they were away. */
function drawParts(context: CanvasRenderingContext2D, scene: Scene, track: Track, crowd: Crowd): void {
  const { palette, patterns, matching } = scene
  const { parts } = track.worker
  const top = track.y + STRIP
  const pitch = crowd.rowHeight
  const piece = (from: number, to: number, row: number, style: string | CanvasPattern): void => {
    if (to - from < 0.3) return
    context.fillStyle = palette.panel
    context.fillRect(from, top + row * pitch, to - from, pitch - 2)
    context.fillStyle = style
    context.fillRect(from, top + row * pitch, to - from, pitch - 2)
  }
  const call = (row: number, lane: number, route: number, submitted: number, started: number, ended: number, returned: number): void => {
    const color = palette.lanes[LANES[lane] ?? 'thread']
    context.globalAlpha = matching === null || matching[route] === 1 ? 1 : FAINT
    piece(x(scene, submitted), x(scene, started), row, patterns.hatch(color))
    if (lane === 0) return
    piece(x(scene, started), x(scene, ended), row, color)
    piece(x(scene, ended), x(scene, returned), row, patterns.hatch(palette.lanes.loop))
  }
  for (const at of crowd.parts) {
    const row = parts.row[at]!
    if (row < 0) continue
    const [submitted, started, ended, returned] = [parts.submitted[at]!, parts.started[at]!, parts.ended[at]!, parts.returned[at]!]
    call(row, parts.kindAndLane[at]! & 3, parts.route[at]!, submitted, started, ended, returned)
  }
  const until = openEnd(scene, track)
  for (const going of track.worker.going) {
    if (going.row < 0) continue
    call(going.row, going.lane, going.route, going.submitted, going.started || until, until, until)
  }
  context.globalAlpha = 1
}

/** The culprit's bar is red while it stops the loop; who waited for it is hatched in red. */
function drawVictims(context: CanvasRenderingContext2D, scene: Scene, track: Track, crowd: Crowd, stalls: Stall[]): void {
  if (stalls.length === 0) return
  const { palette, patterns } = scene
  const rows = rowsById(track, crowd)
  for (const stall of stalls) {
    const until = x(scene, stall.end)
    for (const victim of stall.what.victims) {
      const found = rows.get(victim.request)
      if (found === undefined || found.row < 0) continue
      // One that came during the stall was let in after it: its bar begins there, with a red edge.
      const from = x(scene, Math.max(stall.end - victim.waited_s * 1e6, found.came))
      const wide = Math.max(2, until - from)
      const y = track.y + STRIP + found.row * crowd.rowHeight
      context.fillStyle = palette.panel
      context.fillRect(from, y, wide, crowd.rowHeight - 2)
      context.fillStyle = wide > 4 ? patterns.hatch(palette.stall) : palette.stall
      context.fillRect(from, y, wide, crowd.rowHeight - 2)
    }
    const culprit = rows.get(stall.what.request)
    if (culprit === undefined || culprit.row < 0) continue
    const from = x(scene, stall.start)
    context.fillStyle = palette.stall
    context.fillRect(from, track.y + STRIP + culprit.row * crowd.rowHeight - 1, Math.max(2, until - from), crowd.rowHeight)
  }
}

function rowsById(track: Track, crowd: Crowd): Map<number, { row: number; came: number }> {
  const rows = new Map<number, { row: number; came: number }>()
  const { requests, here } = track.worker
  for (const at of crowd.requests) rows.set(requests.id[at]!, { row: requests.row[at]!, came: requests.came[at]! })
  for (const open of here) rows.set(open.id, open)
  return rows
}

/** How many requests were here, by column: on the loop, away in a thread or process, waiting. */
function drawCrowd(context: CanvasRenderingContext2D, scene: Scene, track: Track, crowd: Crowd, stalls: Stall[]): void {
  const { palette, patterns, matching } = scene
  const bottom = track.y + track.height
  const room = track.height - STRIP
  // By its root: what is usual stays visible beside what was rare.
  const scale = (value: number): number => Math.sqrt(value / Math.max(1, crowd.highest)) * room
  const [threads, remote, waiting] = [crowd.away.columns, crowd.remote.columns, crowd.waiting.columns]
  const base = (column: number): number => Math.max(0, crowd.total.columns[column]! - threads[column]! - remote[column]! - waiting[column]!)
  const inThreads = (column: number): number => base(column) + threads[column]!
  const away = (column: number): number => inThreads(column) + remote[column]!
  const all = (column: number): number => crowd.total.columns[column]!
  const loop = matching === null ? palette.lanes.loop : palette.soft.loop
  fillArea(context, crowd.width, () => 0, base, bottom, scale, loop)
  fillArea(context, crowd.width, base, inThreads, bottom, scale, palette.soft.thread)
  fillArea(context, crowd.width, base, inThreads, bottom, scale, patterns.dots(palette.lanes.thread))
  if (crowd.remote.used) fillArea(context, crowd.width, inThreads, away, bottom, scale, palette.lanes.process)
  fillArea(context, crowd.width, away, all, bottom, scale, patterns.hatch(palette.lanes.thread))
  if (matching !== null) fillArea(context, crowd.width, () => 0, (column) => crowd.matched.columns[column]!, bottom, scale, palette.lanes.loop)
  const stopped = new Uint8Array(crowd.width)
  for (const stall of stalls) {
    const [left, right] = [x(scene, stall.start), x(scene, stall.end)]
    if (right - left >= NARROW) stopped.fill(1, Math.max(0, Math.floor(left)), Math.max(0, Math.ceil(right)))
  }
  const within = (column: number): number => (stopped[column] === 1 ? all(column) : 0)
  fillArea(context, crowd.width, () => 0, within, bottom, scale, palette.stallSoft)
  fillArea(context, crowd.width, () => 0, within, bottom, scale, patterns.hatch(palette.stall))
}

/** In a crowd, one request is seen when it is chosen. */
function drawPicked(context: CanvasRenderingContext2D, scene: Scene, track: Track): void {
  const { hovered, selected, state, palette } = scene
  for (const pick of [hovered, selected]) {
    if (pick?.kind !== 'request' || pick.worker !== track.worker.pid) continue
    const request = requestDetail(state, pick.worker, pick.id)
    if (request === null) continue
    const left = x(scene, request.came)
    const wide = Math.max(2, x(scene, request.left ?? openEnd(scene, track)) - left)
    context.fillStyle = palette.lanes.loop
    context.fillRect(left, track.y + STRIP + 3, wide, ROW - 2)
    outline(context, scene, left, track.y + STRIP + 3, wide, ROW - 2)
  }
}

function fillArea(
  context: CanvasRenderingContext2D,
  width: number,
  from: (column: number) => number,
  to: (column: number) => number,
  bottom: number,
  scale: (value: number) => number,
  style: string | CanvasPattern,
): void {
  context.fillStyle = style
  // Halves of a pixel; the lower end in the first number, the upper in the rest.
  const both = (column: number): number => Math.round(scale(from(column)) * 2) * 4096 + Math.round(scale(to(column)) * 2)
  runs(width, both, (heights, left, right) => {
    const [low, high] = [Math.floor(heights / 4096) / 2, (heights % 4096) / 2]
    if (high > low) context.fillRect(left, bottom - high, right - left, high - low)
  })
}

export function outline(context: CanvasRenderingContext2D, scene: Scene, left: number, y: number, wide: number, height: number): void {
  context.strokeStyle = scene.palette.text
  context.lineWidth = 1.5
  context.strokeRect(left - 0.75, y - 0.75, wide + 1.5, height + 1.5)
}

/** As much of a text as there is room for. */
export function clippedText(context: CanvasRenderingContext2D, text: string, left: number, baseline: number, room: number): void {
  if (room < 24) return
  const wide = context.measureText(text).width
  if (wide <= room) {
    context.fillText(text, left, baseline)
    return
  }
  const fits = Math.floor((text.length * room) / wide) - 1
  if (fits >= 3) context.fillText(`${text.slice(0, fits)}…`, left, baseline)
}
