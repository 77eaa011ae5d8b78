/** The tracks of threads, processes and the cluster. */

import { firstRow } from '../state/columns'
import { LANES } from '../stream/frames'
import { Density, runs } from './density'
import { clippedText, outline } from './drawloop'
import type { LaneLayout, Track } from './layout'
import { isPicked, RULER, x, type Scene } from './scene'

const FAINT = 0.18
const SHADES = 4

/** Runs are solid; what waits for them stands hatched at their foot. Those thinner than a pixel are added up. */
export class LaneTracks {
  private readonly densities = new Map<string, Density>()

  constructor(readonly width: number) {}

  draw(context: CanvasRenderingContext2D, scene: Scene, lanes: LaneLayout[], tracks: Track[]): void {
    const shown = tracks.filter((track) => this.isVisible(scene, track))
    if (shown.length === 0) return
    for (const density of this.densities.values()) density.clear()
    this.drawParts(context, scene, lanes, shown)
    this.drawGoing(context, scene, lanes, shown[0]!)
    for (const track of shown) this.drawDense(context, scene, track)
  }

  private isVisible(scene: Scene, track: Track): boolean {
    return track.y + track.height >= scene.scroll && track.y <= scene.scroll + scene.height - RULER
  }

  /** Each call of the worker that lies in view on a track that is shown. */
  private each(scene: Scene, lanes: LaneLayout[], shown: Track[], act: (at: number, lane: number, y: number, height: number) => void): void {
    const { parts } = shown[0]!.worker
    const { end, span } = scene.view
    const [start, top, bottom] = [end - span, shown[0]!.y, shown.at(-1)!.y]
    for (let row = firstRow(parts, (place) => parts.returned[place]!, start); row < parts.end; row += 1) {
      const at = parts.at(row)
      if (parts.ended[at]! < start || parts.submitted[at]! > end) continue
      const lane = parts.kindAndLane[at]! & 3
      const placed = lane === 0 ? undefined : lanes[lane]
      if (placed === undefined || parts.track[at]! >= placed.count) continue
      const y = placed.y + parts.track[at]! * placed.pitch
      if (y >= top && y <= bottom) act(at, lane, y, placed.pitch - (placed.pitch > 6 ? 2 : 1))
    }
  }

  private drawParts(context: CanvasRenderingContext2D, scene: Scene, lanes: LaneLayout[], shown: Track[]): void {
    const { worker } = shown[0]!
    const { parts } = worker
    const { matching, palette, patterns } = scene
    const isMatch = (at: number): boolean => matching === null || matching[parts.route[at]!] === 1
    // What waits lies below what runs meanwhile on the same track.
    this.each(scene, lanes, shown, (at, lane, y, height) => {
      const [waited, from] = [x(scene, parts.submitted[at]!), x(scene, parts.started[at]!)]
      if (from - waited <= 1.5 || height <= 6 || !isMatch(at)) return
      context.fillStyle = patterns.hatch(palette.lanes[LANES[lane]!])
      context.fillRect(waited, y + height - 4, from - waited, 4)
    })
    this.each(scene, lanes, shown, (at, lane, y, height) => {
      const [from, to] = [x(scene, parts.started[at]!), x(scene, parts.ended[at]!)]
      if (to - from < 1.5) {
        if (isMatch(at)) this.density(lane, parts.track[at]!).add(from, Math.max(to, from + 0.15))
      } else {
        context.globalAlpha = isMatch(at) ? 1 : FAINT
        context.fillStyle = palette.lanes[LANES[lane]!]
        context.fillRect(from, y, to - from, height)
        if (height >= 14 && to - from > 60) {
          context.fillStyle = palette.panel
          const left = Math.max(from, 0)
          clippedText(context, scene.state.routes.of(parts.route[at]!), left + 4, y + 11, to - left - 8)
        }
        context.globalAlpha = 1
      }
      if (isPicked(scene, worker.pid, parts.request[at]!)) outline(context, scene, from, y, Math.max(2, to - from), height)
    })
  }

  private drawGoing(context: CanvasRenderingContext2D, scene: Scene, lanes: LaneLayout[], track: Track): void {
    const { palette, matching } = scene
    const until = x(scene, Math.min(track.worker.at, scene.view.end))
    for (const going of track.worker.going) {
      const placed = lanes[going.lane]
      if (placed === undefined || going.lane === 0 || going.started === 0 || going.track >= placed.count) continue
      const from = x(scene, going.started)
      if (until <= from) continue
      const [y, height] = [placed.y + going.track * placed.pitch, placed.pitch - (placed.pitch > 6 ? 2 : 1)]
      context.globalAlpha = matching === null || matching[going.route] === 1 ? 1 : FAINT
      context.fillStyle = palette.lanes[LANES[going.lane]!]
      context.fillRect(from, y, until - from, height)
      if (isPicked(scene, track.worker.pid, going.request)) outline(context, scene, from, y, until - from, height)
    }
    context.globalAlpha = 1
  }

  private drawDense(context: CanvasRenderingContext2D, scene: Scene, track: Track): void {
    const density = this.densities.get(`${LANES.indexOf(track.lane)} ${track.number}`)
    if (density === undefined || !density.used) return
    density.finish()
    context.fillStyle = scene.palette.lanes[track.lane]
    // Very little is still seen: a quarter of the colour at least.
    const shade = (column: number): number => Math.min(SHADES, Math.ceil((density.columns[column] ?? 0) * SHADES))
    runs(this.width, shade, (level, from, to) => {
      if (level <= 0) return
      context.globalAlpha = level / SHADES
      context.fillRect(from, track.y, to - from, track.height)
    })
    context.globalAlpha = 1
  }

  private density(lane: number, track: number): Density {
    const key = `${lane} ${track}`
    let found = this.densities.get(key)
    if (found === undefined) this.densities.set(key, (found = new Density(this.width)))
    return found
  }
}
