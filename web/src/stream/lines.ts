/** Bytes to whole lines. */

/** A line longer than this is no frame: the writer bounds them. */
export const LONGEST_LINE = 32_000_000

/** Pieces of text in, whole lines out; what is left at the end is half a line. */
export class Lines {
  private rest = ''

  /** The lines that are whole now. Empty ones are left out: they keep a quiet connection open. */
  push(piece: string): string[] {
    const parts = (this.rest + piece).split('\n')
    this.rest = parts.pop() ?? ''
    if (this.rest.length > LONGEST_LINE) throw new RangeError('a line without an end')
    return parts.filter((line) => line.trim() !== '')
  }

  /** What came after the last end of a line. */
  get half(): string {
    return this.rest
  }
}
