import { describe, expect, it } from 'vitest'
import { HELP, press, type Act } from '../src/timeline/keys'

/** What a key did, pressed while something that matches these selectors had the focus. */
function did(key: string, focus: string[] = [], more: Partial<KeyboardEvent> = {}): string | null {
  let done: string | null = null
  const note =
    (name: string) =>
    (value?: unknown): void =>
      void (done = value === undefined ? name : `${name} ${String(value)}`)
  const names = ['pan', 'zoom', 'scroll', 'pause', 'live', 'begin', 'search', 'help', 'clear', 'stall']
  const act = Object.fromEntries(names.map((name) => [name, note(name)])) as unknown as Act
  const closest = (selector: string): unknown => (selector.split(', ').some((one) => focus.includes(one)) ? {} : null)
  const event = { key, target: { closest }, preventDefault: () => undefined, ...more } as unknown as KeyboardEvent
  press(event, act)
  return done
}

describe('keys', () => {
  it('move, zoom, pause and search', () => {
    expect(did('ArrowLeft')).toBe('pan -0.1')
    expect(did('ArrowRight', [], { shiftKey: true })).toBe('pan 1')
    expect(did('+')).toBe('zoom 0.7')
    expect([did(' '), did('Home'), did('End'), did('/'), did('?'), did('n')]).toEqual(['pause', 'begin', 'live', 'search', 'help', 'stall 1'])
    expect(HELP.length).toBeGreaterThan(8)
  })

  it('stay with what has a use for them', () => {
    expect(did(' ', ['button'])).toBeNull()
    expect(did('End', ['button'])).toBe('live')
    expect(did('ArrowDown', ['tr'])).toBeNull()
    expect(did('ArrowLeft', ['[role=tab]'])).toBeNull()
    expect(did('n', ['input'])).toBeNull()
    expect(did('Escape', ['input'])).toBe('clear')
    expect(did('+', [], { ctrlKey: true })).toBeNull()
  })
})
