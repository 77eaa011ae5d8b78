import { describe, expect, it } from 'vitest'
import { advice } from '../src/console/api'
import { sorted, turned } from '../src/panes/sorting'
import { backoff } from '../src/stream/live'
import { remedy } from '../src/state/remedy'
import { count, duration, plural, rate, shortFile } from '../src/text/format'
import { editorLink } from '../src/theme/theme.svelte'
import { stall } from './lines'

describe('numbers', () => {
  it.each([
    [null, '–'],
    [0, '0 ms'],
    [0.0005, '<1 µs'],
    [0.04, '40.0 µs'],
    [0.84, '0.84 ms'],
    [12.44, '12.4 ms'],
    [999.6, '1.00 s'],
    [2004, '2.00 s'],
    [125_000, '2 min 5 s'],
  ])('are read as durations: %s is %s', (ms, text) => expect(duration(ms)).toBe(text))

  it('are short', () => {
    expect([count(9999), count(12_345), count(2.5e6)]).toEqual(['9999', '12.3 k', '2.50 M'])
    expect([rate(0), rate(0.25), rate(1000)]).toEqual(['0', '0.3', '1000'])
    expect([plural(1, 'request'), plural(2, 'request')]).toEqual(['1 request', '2 requests'])
  })
})

describe('files', () => {
  it('are shown by their end', () => {
    expect(shortFile('/srv/code/app/api/items.py')).toBe('…/api/items.py')
    expect(shortFile('/venv/lib/site-packages/requests/api.py')).toBe('requests/api.py')
  })

  it('open in the editor that was chosen, and are never another kind of address', () => {
    expect(editorLink('vscode', '/srv/my app.py', 7)).toBe('vscode://file/srv/my%20app.py:7')
    expect(editorLink('cursor', '/srv/a#b?.py', 7)).toBe('cursor://file/srv/a%23b%3F.py:7')
    expect(editorLink('pycharm', '/srv/a&b.py', 7)).toBe('pycharm://open?file=%2Fsrv%2Fa%26b.py&line=7')
    expect(editorLink('vscode', 'C:\\app\\main.py', 7)).toBe('vscode://file/C:/app/main.py:7')
    expect(editorLink('none', '/srv/a.py', 7)).toBeNull()
    expect(editorLink('vscode', 'javascript:alert(1)', 7)).toBeNull()
    expect(editorLink('vscode', '<frozen importlib>', 7)).toBeNull()
  })
})

describe('tables', () => {
  it('put what has no value last either way', () => {
    const rows = [{ n: 2 }, { n: null }, { n: 3 }]
    expect(sorted(rows, ({ n }) => n, true).map(({ n }) => n)).toEqual([3, 2, null])
    expect(sorted(rows, ({ n }) => n, false).map(({ n }) => n)).toEqual([2, 3, null])
  })

  it('turn round when a heading is pressed again', () => {
    const order = turned({ by: 'a', isDown: true }, 'b', false)
    expect(order).toEqual({ by: 'b', isDown: true })
    expect(turned(order, 'b', false).isDown).toBe(false)
    expect(turned(order, 'c', true).isDown).toBe(false)
  })
})

describe('the connection', () => {
  it('is tried again more and more rarely, up to a bound', () => {
    const waits = [1, 2, 3, 4, 5, 6, 20].map(backoff)
    expect(waits).toEqual([0.5, 1, 2, 4, 8, 15, 15])
  })
})

describe('advice', () => {
  it('is read as it is sent, edits as lines or as text', () => {
    const read = advice({ change: 'c', why: 'w', edits: [{ file: 'a.py', line: 3, before: 'x\ny', after: ['z'] }] })
    expect(read?.edits[0]).toEqual({ file: 'a.py', line: 3, before: ['x', 'y'], after: ['z'] })
    expect(advice({})).toBeNull()
  })

  it('falls back to what the cause says', () => {
    expect(remedy(stall())).toMatch(/await asyncio.sleep/)
    expect(remedy(stall({ cause: 'cpu', operation: 'sorted' }))).toMatch(/process/)
    expect(remedy(stall({ cause: 'unheard of' }))).toBe('')
  })
})
