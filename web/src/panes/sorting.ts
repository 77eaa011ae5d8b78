/** Rows in the order that the reader asked for. */

export interface Order<K extends string> {
  by: K
  isDown: boolean
}

/** A press on a heading: the largest first, then turned round. */
export function turned<K extends string>(order: Order<K>, by: K, isText: boolean): Order<K> {
  return order.by === by ? { by, isDown: !order.isDown } : { by, isDown: !isText }
}

type Value = string | number | null

/** Sorted, with what has no value last either way. */
export function sorted<T>(rows: readonly T[], value: (row: T) => Value, isDown: boolean): T[] {
  return [...rows].sort((one, other) => {
    const [left, right] = [value(one), value(other)]
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1
    const order = typeof left === 'string' ? left.localeCompare(String(right)) : left - Number(right)
    return isDown ? -order : order
  })
}

/** The row before or after the one with the focus, for the arrow keys. */
export function rowKey(event: KeyboardEvent, choose: () => void): void {
  const row = event.currentTarget as HTMLElement
  const next = event.key === 'ArrowDown' ? row.nextElementSibling : event.key === 'ArrowUp' ? row.previousElementSibling : null
  if (event.key === 'Enter' || event.key === ' ') choose()
  else if (next instanceof HTMLElement) next.focus()
  else return
  event.preventDefault()
  event.stopPropagation()
}
