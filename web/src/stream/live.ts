/** The console's endless stream: reads it, and comes back when it breaks off. */

import { FrameError, readLine, type Line } from './frames'
import { Lines } from './lines'

export type Link =
  | { is: 'connecting' }
  | { is: 'live' }
  | { is: 'waiting'; seconds: number; why: string }
  | { is: 'refused'; why: string }

export interface Listener {
  line(line: Line): void
  /** A line that could not be read. The stream goes on. */
  broken(why: string): void
  link(link: Link): void
}

const FIRST_WAIT_S = 0.5
const LONGEST_WAIT_S = 15
/** Nothing for so long: the connection is taken for dead. Frames come several times a second. */
export const SILENCE_S = 20

/** Seconds until the next try: twice as long each time, up to a bound. */
export function backoff(failures: number): number {
  return Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** Math.max(0, failures - 1))
}

/** Follow the stream until `stop` says so. */
export async function follow(ask: (signal: AbortSignal) => Promise<Response>, listener: Listener, stop: AbortSignal): Promise<void> {
  let failures = 0
  while (!stop.aborted) {
    listener.link({ is: 'connecting' })
    let why: string
    try {
      why = await readOnce(ask, listener, stop, () => (failures = 0))
    } catch (error) {
      if (error instanceof Refused) {
        listener.link({ is: 'refused', why: error.message })
        return
      }
      why = error instanceof RangeError ? error.message : 'the app does not answer'
    }
    if (stop.aborted) return
    failures += 1
    const seconds = backoff(failures)
    listener.link({ is: 'waiting', seconds, why })
    await pause(seconds, stop)
  }
}

class Refused extends Error {}

async function readOnce(
  ask: (signal: AbortSignal) => Promise<Response>,
  listener: Listener,
  stop: AbortSignal,
  begun: () => void,
): Promise<string> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), SILENCE_S * 1000)
  try {
    const response = await ask(AbortSignal.any([stop, silence.signal]))
    if (response.status === 401) throw new Refused('a token is needed: open the address that `clearway run` printed')
    if (!response.ok || !response.body) return `the console answered ${response.status}`
    listener.link({ is: 'live' })
    const lines = new Lines()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      clearTimeout(timer)
      if (done) return 'the app has stopped'
      timer = setTimeout(() => silence.abort(), SILENCE_S * 1000)
      for (const text of lines.push(value)) {
        begun()
        take(text, listener)
      }
    }
  } finally {
    clearTimeout(timer)
  }
}

function take(text: string, listener: Listener): void {
  let line: Line
  try {
    line = readLine(text)
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    listener.broken(error.message)
    return
  }
  listener.line(line)
}

function pause(seconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000)
    stop.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
