/** The whole picture: ruler, labels, tracks, and the lines from a culprit to those who waited. */

import { firstRow } from '../state/columns'
import { clock } from '../text/format'
import { Crowd } from './crowd'
import { LaneTracks } from './drawlanes'
import { clippedText, drawLoop, openEnd } from './drawloop'
import { GUTTER, STRIP, type Track } from './layout'
import { pickedStall, RULER, x, type Scene } from './scene'
import { step } from './view'

/** Draws scenes on one canvas; what it gathered last says where things are. */
export class Painter {
  readonly crowds = new Map<number, Crowd>()
  private lanes = new LaneTracks(1)

  draw(context: CanvasRenderingContext2D, scene: Scene): void {
    const { palette, width, height } = scene
    if (this.lanes.width !== Math.ceil(width)) this.lanes = new LaneTracks(Math.ceil(width))
    context.font = `11px ${palette.font}`
    context.fillStyle = palette.panel
    context.fillRect(0, 0, width + GUTTER, height)
    drawGrid(context, scene)
    context.save()
    context.beginPath()
    context.rect(0, RULER, width + GUTTER, height - RULER)
    context.clip()
    context.translate(0, RULER - scene.scroll)
    this.drawTracks(context, scene)
    context.restore()
  }

  /** Look at what lies in view: before the tracks are laid out, since that says how high they are. */
  gather(scene: Omit<Scene, 'layout'>): void {
    for (const worker of scene.workers) {
      let crowd = this.crowds.get(worker.pid)
      if (crowd?.width !== scene.width) this.crowds.set(worker.pid, (crowd = new Crowd(scene.width)))
      crowd.gather(scene, worker)
    }
  }

  private drawTracks(context: CanvasRenderingContext2D, scene: Scene): void {
    const { layout } = scene
    for (const track of layout.tracks) drawLabel(context, scene, track, this.crowds.get(track.worker.pid)!)
    context.save()
    context.translate(GUTTER, 0)
    context.beginPath()
    context.rect(0, 0, scene.width, layout.height)
    context.clip()
    for (const worker of scene.workers) {
      const tracks = layout.tracks.filter((track) => track.worker === worker)
      const loop = tracks.find((track) => track.kind === 'loop')
      if (loop === undefined) continue
      this.lanes.draw(context, scene, layout.lanes.get(worker.pid) ?? [], tracks.filter((track) => track.kind === 'lane'))
      drawLoop(context, scene, loop, this.crowds.get(worker.pid)!)
      this.drawLinks(context, scene, loop)
    }
    context.restore()
  }

  /** From the culprit to each victim that is in the picture: to its bar, or to where it came in. */
  private drawLinks(context: CanvasRenderingContext2D, scene: Scene, track: Track): void {
    const stall = pickedStall(scene, scene.hovered) ?? pickedStall(scene, scene.selected)
    if (stall?.worker !== track.worker.pid) return
    const waited = new Map(stall.what.victims.map((victim) => [victim.request, victim.waited_s * 1e6]))
    const crowd = this.crowds.get(track.worker.pid)!
    const [begin, until] = [Math.max(stall.start, scene.view.end - scene.view.span), Math.min(stall.end, scene.view.end)]
    const from = x(scene, begin < until ? (begin + until) / 2 : stall.end)
    const top = track.y + STRIP - 3
    context.strokeStyle = scene.palette.stall
    context.fillStyle = scene.palette.stall
    context.lineWidth = 1
    // Many lines together are as dark as few.
    context.globalAlpha = Math.min(0.8, Math.max(0.14, 8 / waited.size))
    const link = (id: number, came: number, left: number, row: number): void => {
      const since = waited.get(id)
      if (since === undefined || id === stall.what.request || left < stall.start) return
      const to = x(scene, Math.max(came, stall.end - since))
      const y = crowd.asBars && row >= 0 ? track.y + STRIP + row * crowd.rowHeight + 3 : track.y + track.height - 5
      context.beginPath()
      context.moveTo(from, top)
      context.bezierCurveTo(from, top + (y - top) * 0.6, to, top + (y - top) * 0.4, to, y)
      context.stroke()
      context.fillRect(to - 1.5, y - 1.5, 3, 3)
    }
    const { requests, here } = track.worker
    let left = waited.size
    for (let row = firstRow(requests, (place) => requests.left[place]!, stall.start); row < requests.end && left > 0; row += 1) {
      const at = requests.at(row)
      if (!waited.has(requests.id[at]!)) continue
      left -= 1
      link(requests.id[at]!, requests.came[at]!, requests.left[at]!, requests.row[at]!)
    }
    for (const open of here) link(open.id, open.came, openEnd(scene, track), open.row)
    context.globalAlpha = 1
  }
}

function drawGrid(context: CanvasRenderingContext2D, scene: Scene): void {
  const { palette, view, width, height, state } = scene
  const every = step(view.span, width / 90)
  const zero = (state.origin ?? 0) * 1e6
  const first = Math.ceil((view.end - view.span + zero) / every) * every - zero
  for (let time = first; time <= view.end; time += every) {
    const at = Math.round(GUTTER + x(scene, time)) + 0.5
    context.fillStyle = palette.line
    context.fillRect(at, RULER - 5, 1, height - RULER + 5)
    context.fillStyle = palette.muted
    context.fillText(rulerText((time + zero) / 1e6, every), at + 4, RULER - 8)
  }
  context.fillStyle = palette.line
  context.fillRect(0, RULER - 1, GUTTER + width, 1)
  context.fillRect(GUTTER - 1, 0, 1, height)
}

/** The clock; below a second only what is behind it changes. */
export function rulerText(epochS: number, everyUs: number): string {
  if (everyUs >= 1e6) return clock(epochS)
  const digits = everyUs >= 1000 ? 3 : 6
  const part = (epochS % 1).toFixed(digits).slice(1)
  return everyUs >= 100_000 ? `${clock(epochS)}${part.slice(0, 2)}` : `${String(new Date(epochS * 1000).getSeconds()).padStart(2, '0')}${part}`
}

function drawLabel(context: CanvasRenderingContext2D, scene: Scene, track: Track, crowd: Crowd): void {
  const { palette } = scene
  if (track.y + track.height < scene.scroll || track.y > scene.scroll + scene.height) return
  if (track.kind === 'worker') {
    context.fillStyle = palette.raised
    context.fillRect(0, track.y, GUTTER + scene.width, track.height - 2)
    context.fillStyle = palette.text
    context.fillText(`worker ${track.worker.pid}`, 8, track.y + 13)
  } else if (track.kind === 'loop') {
    laneMark(context, scene, track, 8, track.y + 11)
    context.fillStyle = palette.text
    context.fillText('loop', 22, track.y + 11)
    context.fillStyle = palette.muted
    clippedText(context, crowd.asBars ? '' : `most ${Math.round(crowd.highest)}`, 8, track.y + 26, GUTTER - 8)
  } else {
    const isFirst = track.number === 0
    const labels = track.height >= 9 || track.number % 5 === 0
    if (isFirst) laneMark(context, scene, track, 8, track.y + Math.min(11, track.height))
    if (!labels) return
    context.fillStyle = isFirst ? palette.text : palette.muted
    const baseline = track.y + Math.min(track.height, 11)
    if (isFirst) context.fillText(track.lane, 22, baseline)
    context.textAlign = 'right'
    context.fillStyle = palette.muted
    context.fillText(String(track.number), GUTTER - 8, baseline)
    context.textAlign = 'left'
  }
}

/** A sign for each lane, beside its colour. */
function laneMark(context: CanvasRenderingContext2D, scene: Scene, track: Track, left: number, baseline: number): void {
  const color = scene.palette.lanes[track.lane]
  const [middle, y] = [left + 4, baseline - 4]
  context.strokeStyle = context.fillStyle = color
  context.lineWidth = 2
  if (track.lane === 'loop') {
    context.beginPath()
    context.arc(middle, y, 4, 0, Math.PI * 2)
    context.stroke()
  } else if (track.lane === 'thread') {
    for (const row of [-3, 0, 3]) context.fillRect(left, y + row - 0.75, 9, 1.5)
  } else if (track.lane === 'process') {
    context.fillRect(left, y - 4, 8, 8)
  } else {
    for (const [dx, dy] of [[0, -3], [-3, 2], [3, 2]] as const) context.fillRect(middle + dx - 1.5, y + dy - 1.5, 3.5, 3.5)
  }
}
