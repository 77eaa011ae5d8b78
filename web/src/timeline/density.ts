/** Bars that are thinner than a pixel, added up: how many of them stand over each column. */
export class Density {
  readonly columns: Float32Array
  private readonly steps: Float32Array
  private readonly width: number
  /** Whether anything was added. */
  used = false

  constructor(width: number) {
    this.width = Math.max(1, Math.ceil(width))
    this.columns = new Float32Array(this.width)
    this.steps = new Float32Array(this.width + 1)
  }

  clear(): void {
    if (!this.used) return
    this.columns.fill(0)
    this.steps.fill(0)
    this.used = false
  }

  /** A bar from one place to another, in pixels. What lies outside is left away. */
  add(from: number, to: number): void {
    const start = Math.max(0, from)
    const end = Math.min(this.width, to)
    if (!(end > start)) return
    this.used = true
    const [first, last] = [Math.floor(start), Math.floor(end)]
    if (first === last) {
      this.columns[first]! += end - start
      return
    }
    this.columns[first]! += first + 1 - start
    if (last < this.width) this.columns[last]! += end - last
    this.steps[first + 1]! += 1
    this.steps[last]! -= 1
  }

  /** After the last bar: the columns hold how many stand there on average. Returns the highest. */
  finish(): number {
    let [height, highest] = [0, 0]
    for (let column = 0; column < this.width; column += 1) {
      height += this.steps[column]!
      const value = this.columns[column]! + height
      this.columns[column] = value
      if (value > highest) highest = value
    }
    this.steps.fill(0)
    return highest
  }
}

/** Neighbouring columns of the same value together: a picture of few large pieces is drawn faster than of many small. */
export function runs(width: number, value: (column: number) => number, piece: (value: number, from: number, to: number) => void): void {
  let [begin, held] = [0, value(0)]
  for (let column = 1; column <= width; column += 1) {
    const next = column < width ? value(column) : NaN
    if (next === held) continue
    piece(held, begin, column)
    ;[begin, held] = [column, next]
  }
}
