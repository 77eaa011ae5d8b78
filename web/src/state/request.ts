/** One request with all its parts, for who clicked on its bar. */

import { KINDS, LANES } from '../stream/frames'
import type { Stall, State } from './state'

export interface PartDetail {
  call: string
  kind: string
  lane: string
  track: number
  submitted: number
  /** null: it has not come to that yet. */
  started: number | null
  ended: number | null
  returned: number | null
}

export interface RequestDetail {
  worker: number
  id: number
  route: string
  came: number
  /** null while it is here. */
  left: number | null
  parts: PartDetail[]
  /** Milliseconds of the whole. The last one is what is left: framework, serialising, network, waiting for the loop. */
  waitMs: number
  runMs: number
  returnMs: number
  restMs: number
  /** It stopped the loop, or waited while another did. */
  culpritOf: Stall[]
  victimOf: { stall: Stall; waitedMs: number }[]
}

export function requestDetail(state: State, pid: number, id: number): RequestDetail | null {
  const worker = state.workers.get(pid)
  if (worker === undefined) return null
  let [route, came, left] = [-1, 0, null as number | null]
  const { requests, parts } = worker
  for (let row = requests.end - 1; row >= requests.first; row -= 1) {
    const at = requests.at(row)
    if (requests.id[at] !== id) continue
    ;[route, came, left] = [requests.route[at]!, requests.came[at]!, requests.left[at]!]
    break
  }
  if (route < 0) {
    const open = worker.here.find((request) => request.id === id)
    if (open === undefined) return null
    ;[route, came] = [open.route, open.came]
  }
  const found: PartDetail[] = []
  for (let row = parts.first; row < parts.end; row += 1) {
    const at = parts.at(row)
    if (parts.request[at] !== id) continue
    const kindAndLane = parts.kindAndLane[at]!
    found.push({
      call: state.calls.of(parts.call[at]!),
      kind: KINDS[kindAndLane >> 2] ?? 'call',
      lane: LANES[kindAndLane & 3] ?? '',
      track: parts.track[at]!,
      submitted: parts.submitted[at]!,
      started: parts.started[at]!,
      ended: parts.ended[at]!,
      returned: parts.returned[at]!,
    })
  }
  if (left === null) {
    for (const part of worker.going) {
      if (part.request !== id) continue
      const { call, kind, lane, track, submitted, started } = part
      found.push({
        call: state.calls.of(call),
        kind: KINDS[kind] ?? 'call',
        lane: LANES[lane] ?? '',
        track,
        submitted,
        started: started || null,
        ended: null,
        returned: null,
      })
    }
  }
  found.sort((one, other) => one.submitted - other.submitted)
  const until = left ?? Math.max(worker.at, came)
  const waitMs = total(found, (part) => (part.started ?? until) - part.submitted)
  const runMs = total(found, (part) => (part.started === null ? 0 : (part.ended ?? until) - part.started))
  const returnMs = total(found, (part) => (part.ended === null || part.returned === null ? 0 : part.returned - part.ended))
  const mine = state.stalls.filter((stall) => stall.worker === pid)
  return {
    worker: pid,
    id,
    route: state.routes.of(route),
    came,
    left,
    parts: found,
    waitMs,
    runMs,
    returnMs,
    restMs: Math.max(0, (until - came) / 1000 - waitMs - runMs - returnMs),
    culpritOf: mine.filter((stall) => stall.what.request === id),
    victimOf: mine.flatMap((stall) =>
      stall.what.victims
        .filter((victim) => victim.request === id)
        .map((victim) => ({ stall, waitedMs: victim.waited_s * 1000 })),
    ),
  }
}

function total(parts: PartDetail[], of: (part: PartDetail) => number): number {
  return parts.reduce((sum, part) => sum + Math.max(0, of(part)), 0) / 1000
}
