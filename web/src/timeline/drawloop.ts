/** The loop's track: its stalls, and the requests as bars, or how many there were. */

import type { Stall } from '../state/state'
import { causeText } from '../state/culprits'
import { LANES } from '../stream/frames'
import { duration } from '../text/format'
import type { Crowd } from './crowd'
import { ROW, STRIP, type Track } from './layout'
import { isPicked, stallsInView, x, type Scene } from './scene'

/** Where the bar of a victim stands, for the lines from the culprit. */
export interface Place {
  left: number
  right: number
  y: number
}

const FAINT = 0.18

export function drawLoop(context: CanvasRenderingContext2D, scene: Scene, track: Track, crowd: Crowd): void {
  const { palette, width } = scene
  const stalls = stallsInView(scene, track.worker.pid)
  context.fillStyle = palette.stallSoft
  for (const stall of stalls) {
    const left = x(scene, stall.start)
    context.fillRect(left, track.y, Math.max(1, x(scene, stall.end) - left), track.height)
  }
  if (crowd.asBars) {
    drawRequests(context, scene, track, crowd)
    drawParts(context, scene, track, crowd)
    drawVictims(context, scene, track, crowd, stalls)
  } else {
    drawCrowd(context, scene, track, crowd, stalls)
  }
  context.fillStyle = palette.line
  context.fillRect(0, track.y + STRIP - 3, width, 1)
  drawStalls(context, scene, track, stalls)
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

function drawRequests(context: CanvasRenderingContext2D, scene: Scene, track: Track, crowd: Crowd): void {
  const { palette, matching } = scene
  const { requests } = track.worker
  const top = track.y + STRIP
  const bar = (id: number, route: number, left: number, right: number, row: number): void => {
    const [from, wide] = [left, Math.max(1, right - left)]
    const y = top + row * ROW
    context.globalAlpha = matching === null || matching[route] === 1 ? 1 : FAINT
    context.fillStyle = palette.lanes.loop
    context.fillRect(from, y, wide, ROW - 2)
    if (isPicked(scene, track.worker.pid, id)) outline(context, scene, from, y, wide, ROW - 2)
    if (wide > 90 && ROW >= 8) {
      context.fillStyle = palette.panel
    }
  }
  for (const at of crowd.requests) {
    bar(requests.id[at]!, requests.route[at]!, x(scene, requests.came[at]!), x(scene, requests.left[at]!), requests.row[at]!)
  }
  for (const open of track.worker.here) {
    if (open.row >= 0) bar(open.id, open.route, x(scene, open.came), x(scene, openEnd(scene, track)), open.row)
  }
  context.globalAlpha = 1
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
  const piece = (from: number, to: number, row: number, style: string | CanvasPattern): void => {
    if (to - from < 0.3) return
    context.fillStyle = palette.panel
    context.fillRect(from, top + row * ROW, to - from, ROW - 2)
    context.fillStyle = style
    context.fillRect(from, top + row * ROW, to - from, ROW - 2)
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
      const row = rows.get(victim.request)
      if (row === undefined || row < 0) continue
      const from = x(scene, stall.end - victim.waited_s * 1e6)
      context.fillStyle = palette.panel
      context.fillRect(from, track.y + STRIP + row * ROW, Math.max(1, until - from), ROW - 2)
      context.fillStyle = patterns.hatch(palette.stall)
      context.fillRect(from, track.y + STRIP + row * ROW, Math.max(1, until - from), ROW - 2)
    }
    const row = rows.get(stall.what.request)
    if (row === undefined || row < 0) continue
    const from = x(scene, stall.start)
    context.fillStyle = palette.stall
    context.fillRect(from, track.y + STRIP + row * ROW - 1, Math.max(2, until - from), ROW)
  }
}

function rowsById(track: Track, crowd: Crowd): Map<number, number> {
  const rows = new Map<number, number>()
  const { requests, here } = track.worker
  for (const at of crowd.requests) rows.set(requests.id[at]!, requests.row[at]!)
  for (const open of here) rows.set(open.id, open.row)
  return rows
}

/** How many requests were here, by column: on the loop, away in a thread or process, waiting. */
function drawCrowd(context: CanvasRenderingContext2D, scene: Scene, track: Track, crowd: Crowd, stalls: Stall[]): void {
  const { palette, patterns, matching } = scene
  const bottom = track.y + track.height
  const room = track.height - STRIP
  const scale = room / Math.max(1, crowd.highest)
  const base = (column: number): number => Math.max(0, crowd.total.columns[column]! - crowd.away.columns[column]! - crowd.waiting.columns[column]!)
  const away = (column: number): number => base(column) + crowd.away.columns[column]!
  const all = (column: number): number => crowd.total.columns[column]!
  const loop = matching === null ? palette.lanes.loop : palette.soft.loop
  fillArea(context, crowd.width, () => 0, base, bottom, scale, loop)
  fillArea(context, crowd.width, base, away, bottom, scale, palette.soft.thread)
  fillArea(context, crowd.width, base, away, bottom, scale, patterns.dots(palette.lanes.thread))
  fillArea(context, crowd.width, away, all, bottom, scale, patterns.hatch(palette.lanes.thread))
  if (matching !== null) fillArea(context, crowd.width, () => 0, (column) => crowd.matched.columns[column]!, bottom, scale, palette.lanes.loop)
  for (const stall of stalls) {
    const first = Math.max(0, Math.floor(x(scene, stall.start)))
    const last = Math.min(crowd.width - 1, Math.max(first + 1, Math.ceil(x(scene, stall.end))))
    context.fillStyle = patterns.hatch(palette.stall)
    for (let column = first; column <= last; column += 1) {
      const height = all(column) * scale
      context.fillRect(column, bottom - height, 1, height)
    }
  }
}

function fillArea(
  context: CanvasRenderingContext2D,
  width: number,
  from: (column: number) => number,
  to: (column: number) => number,
  bottom: number,
  scale: number,
  style: string | CanvasPattern,
): void {
  context.fillStyle = style
  context.beginPath()
  for (let column = 0; column < width; column += 1) {
    const low = from(column)
    const high = to(column)
    if (high - low > 0.001) context.rect(column, bottom - high * scale, 1, Math.max(0.5, (high - low) * scale))
  }
  context.fill()
}

export function outline(context: CanvasRenderingContext2D, scene: Scene, left: number, y: number, wide: number, height: number): void {
  context.strokeStyle = scene.palette.text
  context.lineWidth = 1.5
  context.strokeRect(left - 0.75, y - 0.75, wide + 1.5, height + 1.5)
}

/** As much of a text as there is room for. */
export function clippedText(context: CanvasRenderingContext2D, text: string, left: number, baseline: number, room: number): void {
  const fits = Math.floor(room / 5.6)
  if (fits < 3) return
  context.fillText(text.length > fits ? `${text.slice(0, fits - 1)}…` : text, left, baseline)
}
