/** What the console advises for routes: asked for one at a time, and not again for a while. */

import { SvelteMap } from 'svelte/reactivity'
import type { Advice, Api } from './api'

const AGAIN_MS = 60_000

export class Advices {
  private readonly known = new SvelteMap<string, { advice: Advice | null; at: number }>()
  private isAsking = false

  constructor(private readonly api: Api) {}

  of(route: string): Advice | null {
    return this.known.get(route)?.advice ?? null
  }

  /** Ask for those that are not known, or not any more. */
  async want(routes: readonly string[]): Promise<void> {
    if (this.isAsking) return
    this.isAsking = true
    try {
      for (const route of routes) {
        const asked = this.known.get(route)?.at ?? -Infinity
        if (performance.now() - asked < AGAIN_MS) continue
        const advice = await this.api.advice({ route })
        this.known.set(route, { advice, at: performance.now() })
      }
    } finally {
      this.isAsking = false
    }
  }
}
