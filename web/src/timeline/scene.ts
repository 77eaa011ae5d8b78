/** All that a picture of the timeline is made from. */

import type { Stall, State } from '../state/state'
import type { Worker } from '../state/worker'
import type { Palette, Patterns } from '../theme/palette'
import type { Layout } from './layout'
import { type View, xOf } from './view'

/** What is chosen, or lies under the pointer. */
export type Pick =
  | { kind: 'request'; worker: number; id: number }
  | { kind: 'stall'; number: number }
  | { kind: 'route'; route: string }

export interface Scene {
  state: State
  workers: Worker[]
  layout: Layout
  view: View
  /** Of the plot, without the gutter. */
  width: number
  height: number
  scroll: number
  rows: number
  matching: Uint8Array | null
  palette: Palette
  patterns: Patterns
  selected: Pick | null
  hovered: Pick | null
}

export const RULER = 22

export function isPicked(scene: Scene, worker: number, id: number): boolean {
  const { selected, hovered } = scene
  return isRequest(selected, worker, id) || isRequest(hovered, worker, id)
}

function isRequest(pick: Pick | null, worker: number, id: number): boolean {
  return pick?.kind === 'request' && pick.id === id && pick.worker === worker
}

/** The stalls of a worker that lie in view, and of those only as many as there are places for. */
export function stallsInView(scene: Scene, pid: number): Stall[] {
  const { end, span } = scene.view
  const found = scene.state.stalls.filter(
    (stall) => stall.worker === pid && stall.end >= end - span && stall.start <= end,
  )
  return found
}

export function x(scene: { view: View; width: number }, time: number): number {
  return xOf(time, scene.view, scene.width)
}

/** A picked stall, if it is still known. */
export function pickedStall(scene: Scene, pick: Pick | null): Stall | null {
  if (pick?.kind !== 'stall') return null
  return scene.state.stalls.find((stall) => stall.number === pick.number) ?? null
}
