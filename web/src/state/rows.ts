/** Which row of the loop's track a request is drawn in: the lowest that is free, kept from its first sight on. */

export const MOST_ROWS = 128

export class Rows {
  /** When the last request of each row left. */
  private readonly until: number[] = []
  private readonly open = new Map<number, number>()
  private readonly taken = new Set<number>()

  /** The row of a request that is still here; -1 where there are too many. */
  here(id: number, came: number): number {
    const known = this.open.get(id)
    if (known !== undefined) return known
    const row = this.free(came)
    if (row < 0) return row
    this.open.set(id, row)
    this.taken.add(row)
    return row
  }

  /** The row of a request that has left. Requests are told in the order in which they leave. */
  left(id: number, came: number, left: number): number {
    const known = this.open.get(id)
    const row = known ?? this.free(came)
    if (known !== undefined) {
      this.open.delete(id)
      this.taken.delete(known)
    }
    if (row >= 0) this.until[row] = Math.max(left, this.until[row] ?? 0)
    return row
  }

  /** The row of a request that is known to be here. */
  of(id: number): number {
    return this.open.get(id) ?? -1
  }

  /** Forget requests that are no longer here: their end was left out. */
  keep(ids: Set<number>): void {
    for (const [id, row] of this.open) {
      if (ids.has(id)) continue
      this.open.delete(id)
      this.taken.delete(row)
    }
  }

  private free(came: number): number {
    for (let row = 0; row < MOST_ROWS; row += 1) {
      if ((this.until[row] ?? -Infinity) <= came && !this.taken.has(row)) return row
    }
    return -1
  }
}
