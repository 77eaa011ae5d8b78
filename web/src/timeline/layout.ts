/** Which tracks there are, and where: for each worker the loop, each thread, each process, the cluster. */

import { LANES, type Lane } from '../stream/frames'
import type { Worker } from '../state/worker'

export interface Track {
  kind: 'worker' | 'loop' | 'lane'
  worker: Worker
  lane: Lane
  number: number
  y: number
  height: number
}

export interface Layout {
  tracks: Track[]
  height: number
  /** By worker: where each lane's first track stands, and how far apart they are. */
  lanes: Map<number, LaneLayout[]>
}

export interface LaneLayout {
  y: number
  pitch: number
  count: number
}

export const GUTTER = 104
export const STRIP = 14
/** Of the loop's track: its rows of requests. */
export const ROW = 8
const HEAD = 20
const GAP = 6

/** `room`: for each worker's requests, in pixels. */
export function layout(workers: readonly Worker[], room: (worker: Worker) => number): Layout {
  const tracks: Track[] = []
  const lanes = new Map<number, LaneLayout[]>()
  let y = 0
  for (const worker of workers) {
    if (workers.length > 1) {
      tracks.push({ kind: 'worker', worker, lane: 'loop', number: 0, y, height: HEAD })
      y += HEAD
    }
    const height = STRIP + room(worker) + 4
    tracks.push({ kind: 'loop', worker, lane: 'loop', number: 0, y, height })
    y += height + GAP
    const placed: LaneLayout[] = [{ y, pitch: 0, count: 0 }]
    for (const lane of LANES.slice(1)) {
      const count = worker.tracks[LANES.indexOf(lane)]! + 1
      const pitch = pitchOf(count)
      placed.push({ y, pitch, count })
      for (let number = 0; number < count; number += 1) {
        tracks.push({ kind: 'lane', worker, lane, number, y: y + number * pitch, height: pitch - (pitch > 6 ? 2 : 1) })
      }
      y += count * pitch + (count > 0 ? GAP : 0)
    }
    lanes.set(worker.pid, placed)
  }
  return { tracks, height: y, lanes }
}

/** Few threads stand wide, many close together. */
function pitchOf(count: number): number {
  return count <= 12 ? 16 : count <= 40 ? 11 : 6
}

/** The track under a height; null between two. */
export function trackAt(found: Layout, y: number): Track | null {
  return found.tracks.find((track) => y >= track.y && y < track.y + track.height) ?? null
}
