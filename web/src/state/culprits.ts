/** Stalls by the line that is to blame: how often, and how much of other requests' time each has cost. */

import type { Stall, State } from './state'

export interface Culprit {
  key: string
  cause: string
  operation: string | null
  file: string | null
  line: number
  function: string
  /** The routes whose calls stood in the way, most often first. */
  routes: string[]
  count: number
  totalMs: number
  worstMs: number
  /** The time that other requests lost, added up. At least: a stall names at most 100 of those that waited. */
  lostMs: number
  isLower: boolean
  victims: number
  last: Stall
}

export function culprits(state: State, pid: number | null, until: number): Culprit[] {
  const found = new Map<string, Culprit & { seen: Map<string, number> }>()
  for (const stall of state.stalls) {
    if (stall.start > until || (pid !== null && stall.worker !== pid)) continue
    const { culprit, cause, operation, route, victims, victim_count, duration_s } = stall.what
    const key = culpritKey(stall)
    let entry = found.get(key)
    if (entry === undefined) {
      entry = {
        key,
        cause,
        operation,
        file: culprit?.file ?? null,
        line: culprit?.line ?? 0,
        function: culprit?.function ?? '',
        routes: [],
        count: 0,
        totalMs: 0,
        worstMs: 0,
        lostMs: 0,
        isLower: false,
        victims: 0,
        last: stall,
        seen: new Map(),
      }
      found.set(key, entry)
    }
    entry.count += 1
    entry.totalMs += duration_s * 1000
    entry.worstMs = Math.max(entry.worstMs, duration_s * 1000)
    entry.lostMs += lostMs(stall)
    entry.isLower ||= victim_count > victims.length
    entry.victims += victim_count
    entry.last = stall
    if (route !== null) entry.seen.set(route, (entry.seen.get(route) ?? 0) + 1)
  }
  return [...found.values()].map(({ seen, ...entry }) => ({
    ...entry,
    routes: [...seen].sort((one, other) => other[1] - one[1]).map(([route]) => route),
  }))
}

/** Stalls with the same are the same line's. */
export function culpritKey({ what: { culprit, cause, operation } }: Stall): string {
  return culprit ? `${culprit.file}:${culprit.line}` : `${cause} ${operation ?? ''}`
}

/** What other requests lost by one stall. */
export function lostMs(stall: Stall): number {
  return stall.what.victims.reduce((sum, victim) => sum + victim.waited_s * 1000, 0)
}

const CAUSES: Record<string, string> = {
  blocking_call: 'blocking call',
  cpu: 'computing',
  garbage_collection: 'garbage collection',
  gil: 'other threads held the GIL',
  machine: 'the machine ran something else',
}

export function causeText(cause: string): string {
  return CAUSES[cause] ?? cause
}
