/** What lies under the pointer. */

import { firstRow } from '../state/columns'
import type { Crowd } from './crowd'
import { GUTTER, STRIP, trackAt, type Track } from './layout'
import { RULER, stallsInView, x, type Pick, type Scene } from './scene'

/** `crowd`: too many to tell apart here. */
export type Hit = Pick | { kind: 'crowd'; worker: number; count: number }

/** How far beside a thin bar the pointer may be, in pixels. */
const NEAR = 3

export function hit(scene: Scene, crowds: Map<number, Crowd>, left: number, top: number): Hit | null {
  const at = left - GUTTER
  if (at < 0 || top < RULER) return null
  const y = top - RULER + scene.scroll
  const track = trackAt(scene.layout, y)
  const crowd = track && crowds.get(track.worker.pid)
  if (!track || !crowd || track.kind === 'worker') return null
  return track.kind === 'loop' ? onLoop(scene, crowd, track, at, y) : onLane(scene, track, at)
}

function onLoop(scene: Scene, crowd: Crowd, track: Track, at: number, y: number): Hit | null {
  const stall = stallAt(scene, track, at)
  if (y < track.y + STRIP) return stall
  if (!crowd.asBars) {
    const count = crowd.total.columns[Math.floor(at)] ?? 0
    return stall ?? (count > 0.01 ? { kind: 'crowd', worker: track.worker.pid, count } : null)
  }
  const row = Math.floor((y - track.y - STRIP) / crowd.rowHeight)
  const { requests, here } = track.worker
  let [best, distance] = [-1, NEAR]
  const look = (id: number, from: number, to: number): void => {
    const away = Math.max(from - at, at - to, 0)
    if (away < distance) [best, distance] = [id, away]
  }
  for (const place of crowd.requests) {
    if (requests.row[place] === row) look(requests.id[place]!, x(scene, requests.came[place]!), x(scene, requests.left[place]!))
  }
  for (const open of here) if (open.row === row) look(open.id, x(scene, open.came), scene.width)
  return best >= 0 ? { kind: 'request', worker: track.worker.pid, id: best } : stall
}

function stallAt(scene: Scene, track: Track, at: number): Pick | null {
  let [best, distance] = [null as Pick | null, NEAR]
  for (const stall of stallsInView(scene, track.worker.pid)) {
    const away = Math.max(x(scene, stall.start) - at, at - x(scene, stall.end), 0)
    if (away < distance) [best, distance] = [{ kind: 'stall', number: stall.number }, away]
  }
  return best
}

function onLane(scene: Scene, track: Track, at: number): Hit | null {
  const { parts, going, pid } = track.worker
  const lane = ['loop', 'thread', 'process', 'cluster'].indexOf(track.lane)
  const { end, span } = scene.view
  let [best, distance] = [-1, NEAR]
  const look = (id: number, from: number, to: number): void => {
    const away = Math.max(from - at, at - to, 0)
    if (away < distance) [best, distance] = [id, away]
  }
  for (let row = firstRow(parts, (place) => parts.returned[place]!, end - span); row < parts.end; row += 1) {
    const place = parts.at(row)
    if (parts.track[place] !== track.number || (parts.kindAndLane[place]! & 3) !== lane) continue
    look(parts.request[place]!, x(scene, parts.started[place]!), x(scene, parts.ended[place]!))
  }
  for (const part of going) {
    if (part.lane === lane && part.track === track.number && part.started > 0) look(part.request, x(scene, part.started), scene.width)
  }
  return best >= 0 ? { kind: 'request', worker: pid, id: best } : null
}
