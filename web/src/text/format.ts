/** Numbers and places as people read them. */

/** Milliseconds in three digits: `0.84 ms`, `12.4 ms`, `2.10 s`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–'
  if (ms === 0) return '0 ms'
  if (ms < 0.001) return '<1 µs'
  if (ms < 1) return ms < 0.1 ? `${digits(ms * 1000)} µs` : `${ms.toFixed(2)} ms`
  if (ms < 999.5) return `${digits(ms)} ms`
  if (ms < 119_950) return `${digits(ms / 1000)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

function digits(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0)
}

/** A count, short from ten thousand on. */
export function count(value: number): string {
  if (value < 10_000) return String(Math.round(value))
  return value < 1e6 ? `${digits(value / 1000)} k` : `${digits(value / 1e6)} M`
}

/** A second's worth. */
export function rate(value: number): string {
  if (value === 0) return '0'
  return value < 9.95 ? value.toFixed(1) : count(value)
}

export function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}

/** The wall clock, in the reader's own zone. */
export function clock(epochS: number, withMs = false): string {
  const date = new Date(epochS * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return withMs ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time
}

/** The end of a path, enough to know it by. */
export function shortFile(file: string): string {
  const parts = file.split('/').filter(Boolean)
  const inside = parts.lastIndexOf('site-packages')
  if (inside >= 0) return parts.slice(inside + 1).join('/')
  return parts.length > 2 ? `…/${parts.slice(-2).join('/')}` : file
}

/** `s` for all numbers but one. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`
}
