/** Many bars in few objects: numbers by column, oldest first, the oldest given up when there are too many. */

type Column = Float64Array | Int32Array

const FIRST_ROOM = 1 << 10

/** A ring of rows that grows up to `most`. Row numbers count from the first row ever, so that they stay valid. */
export abstract class Columns {
  /** The number of the oldest row that is held. */
  first = 0
  /** One more than the number of the newest row. */
  end = 0
  protected room = FIRST_ROOM

  constructor(readonly most: number) {}

  protected abstract columns(): Column[]
  protected abstract replace(columns: Column[]): void

  get length(): number {
    return this.end - this.first
  }

  /** Where a row's numbers stand. */
  at(row: number): number {
    return row & (this.room - 1)
  }

  /** Make room for one more row, and say where it stands. */
  protected next(): number {
    if (this.length === this.room) {
      if (this.room < this.most) this.grow()
      else this.first += 1
    }
    const place = this.at(this.end)
    this.end += 1
    return place
  }

  private grow(): void {
    const [old, room] = [this.room, this.room * 2]
    this.replace(
      this.columns().map((column) => {
        const larger = column instanceof Float64Array ? new Float64Array(room) : new Int32Array(room)
        for (let row = this.first; row < this.end; row += 1) larger[row & (room - 1)] = column[row & (old - 1)] ?? 0
        return larger
      }),
    )
    this.room = room
  }
}

/** Requests that have left, in the order in which they left. Times in the stream's microseconds. */
export class RequestColumns extends Columns {
  id = new Float64Array(FIRST_ROOM)
  came = new Float64Array(FIRST_ROOM)
  left = new Float64Array(FIRST_ROOM)
  route = new Int32Array(FIRST_ROOM)
  row = new Int32Array(FIRST_ROOM)

  add(id: number, route: number, came: number, left: number, row: number): void {
    const at = this.next()
    this.id[at] = id
    this.route[at] = route
    this.came[at] = came
    this.left[at] = left
    this.row[at] = row
  }

  protected columns(): Column[] {
    return [this.id, this.came, this.left, this.route, this.row]
  }

  protected replace(columns: Column[]): void {
    ;[this.id, this.came, this.left, this.route, this.row] = columns as [
      Float64Array<ArrayBuffer>,
      Float64Array<ArrayBuffer>,
      Float64Array<ArrayBuffer>,
      Int32Array<ArrayBuffer>,
      Int32Array<ArrayBuffer>,
    ]
  }
}

/** Calls that are back, in the order in which they came back. `row` is that of their request. */
export class PartColumns extends Columns {
  request = new Float64Array(FIRST_ROOM)
  submitted = new Float64Array(FIRST_ROOM)
  started = new Float64Array(FIRST_ROOM)
  ended = new Float64Array(FIRST_ROOM)
  returned = new Float64Array(FIRST_ROOM)
  route = new Int32Array(FIRST_ROOM)
  call = new Int32Array(FIRST_ROOM)
  /** kind * 4 + lane */
  kindAndLane = new Int32Array(FIRST_ROOM)
  track = new Int32Array(FIRST_ROOM)
  row = new Int32Array(FIRST_ROOM)

  add(part: readonly number[], offset: number, route: number, call: number, row: number): void {
    const at = this.next()
    this.request[at] = part[0]!
    this.route[at] = route
    this.call[at] = call
    this.kindAndLane[at] = part[3]! * 4 + part[4]!
    this.track[at] = part[5]!
    this.submitted[at] = part[6]! + offset
    this.started[at] = part[7]! + offset
    this.ended[at] = part[8]! + offset
    this.returned[at] = part[9]! + offset
    this.row[at] = row
  }

  protected columns(): Column[] {
    const times = [this.request, this.submitted, this.started, this.ended, this.returned]
    return [...times, this.route, this.call, this.kindAndLane, this.track, this.row]
  }

  protected replace(columns: Column[]): void {
    type F = Float64Array<ArrayBuffer>
    type I = Int32Array<ArrayBuffer>
    ;[this.request, this.submitted, this.started, this.ended, this.returned] = columns as [F, F, F, F, F]
    ;[this.route, this.call, this.kindAndLane, this.track, this.row] = columns.slice(5) as [I, I, I, I, I]
  }
}

/** The first row that ended at or after a time: rows are nearly in order of it, so look a little further back. */
export function firstRow(columns: Columns, ended: (place: number) => number, time: number): number {
  let [low, high] = [columns.first, columns.end]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ended(columns.at(middle)) < time) low = middle + 1
    else high = middle
  }
  return Math.max(columns.first, low - OUT_OF_ORDER)
}

/** How far a row may stand from its place in order of ending: what a stall concerns may come a frame late. */
const OUT_OF_ORDER = 1024
