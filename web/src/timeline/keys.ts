/** What the keys do, wherever on the page they are pressed. The same list is the help. */

export interface Act {
  pan(part: number): void
  zoom(factor: number): void
  scroll(rows: number): void
  pause(): void
  live(): void
  begin(): void
  search(): void
  help(): void
  clear(): void
  stall(step: 1 | -1): void
}

export const HELP: readonly (readonly [string, string])[] = [
  ['← →', 'earlier, later (with Shift by a whole window)'],
  ['↑ ↓', 'scroll the tracks'],
  ['+ −', 'zoom in, zoom out'],
  ['Space', 'pause, go on'],
  ['End', 'live: follow the latest'],
  ['Home', 'the oldest that is held'],
  ['n  p', 'next stall, previous stall'],
  ['/', 'search a route'],
  ['Esc', 'close, choose nothing'],
  ['?', 'this list'],
]

/** True when the key was for the timeline. */
export function press(event: KeyboardEvent, act: Act): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false
  const target = event.target as Element | null
  if (target?.closest('input, select, textarea, dialog') && event.key !== 'Escape') return false
  // Keys that a button, a tab or a row has a use for stay with it.
  if (event.key === ' ' && target?.closest('button, a, summary, tr')) return false
  const free: Record<string, (() => void) | undefined> = target?.closest('[role=tab], tr')
    ? {}
    : {
        ' ': () => act.pause(),
        ArrowLeft: () => act.pan(event.shiftKey ? -1 : -0.1),
        ArrowRight: () => act.pan(event.shiftKey ? 1 : 0.1),
        ArrowUp: () => act.scroll(-2),
        ArrowDown: () => act.scroll(2),
        Home: () => act.begin(),
        End: () => act.live(),
      }
  const always: Record<string, (() => void) | undefined> = {
    '+': () => act.zoom(0.7),
    '=': () => act.zoom(0.7),
    '-': () => act.zoom(1 / 0.7),
    '/': () => act.search(),
    '?': () => act.help(),
    n: () => act.stall(1),
    p: () => act.stall(-1),
    Escape: () => act.clear(),
  }
  const found = free[event.key] ?? always[event.key]
  if (found === undefined) return false
  event.preventDefault()
  found()
  return true
}
