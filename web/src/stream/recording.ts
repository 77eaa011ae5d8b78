/** A recording: a file that was opened, or one that stands in the page itself. */

import { FrameError, readLine, type Line } from './frames'

export interface Recording {
  lines: Line[]
  /** Where it breaks off, and why; null when it is whole. */
  broken: string | null
}

/** All lines up to the first broken one. Raises FrameError when not even the first says that it is a recording. */
export function readRecording(text: string): Recording {
  const lines: Line[] = []
  let number = 0
  for (const line of text.split('\n')) {
    number += 1
    if (line.trim() === '') continue
    try {
      const read = readLine(line)
      if (lines.length === 0 && read.type !== 'header')
        throw new FrameError('this is no recording of Clearway’s: its first line is not a header')
      lines.push(read)
    } catch (error) {
      if (!(error instanceof FrameError) || lines.length === 0) throw error
      return { lines, broken: `line ${number}: ${error.message}; what comes before it is shown` }
    }
  }
  if (lines.length === 0) throw new FrameError('this file is empty: it is no recording of Clearway’s')
  if (lines.every((line) => line.type === 'header')) throw new FrameError('this recording ends before its first frame')
  return { lines, broken: null }
}

/** The text of a file, unpacked where it is gzip's. */
export async function textOf(file: Blob): Promise<string> {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  if (start[0] !== 0x1f || start[1] !== 0x8b) return file.text()
  return new Response(file.stream().pipeThrough(new DecompressionStream('gzip'))).text()
}

/** The lines that an exported page carries. */
export function embedded(page: Document): string | null {
  const script = page.getElementById('recording')
  return script?.getAttribute('type') === 'application/x-ndjson' ? (script.textContent ?? '') : null
}
