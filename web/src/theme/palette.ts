/** The colours of the style sheet for the canvas, and patterns as a second channel beside them. */

import { LANES, type Lane } from '../stream/frames'

export interface Palette {
  panel: string
  raised: string
  line: string
  text: string
  muted: string
  stall: string
  stallSoft: string
  select: string
  lanes: Record<Lane, string>
  soft: Record<Lane, string>
  font: string
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim() || '#888'
  const each = (suffix: string): Record<Lane, string> =>
    Object.fromEntries(LANES.map((lane) => [lane, of(lane + suffix)])) as Record<Lane, string>
  return {
    panel: of('panel'),
    raised: of('raised'),
    line: of('line'),
    text: of('text'),
    muted: of('muted'),
    stall: of('stall'),
    stallSoft: of('stall-soft'),
    select: of('select'),
    lanes: each(''),
    soft: each('-soft'),
    font: style.fontFamily || 'sans-serif',
  }
}

/** Tiles of a pattern, made once for each colour. */
export class Patterns {
  private readonly made = new Map<string, CanvasPattern>()

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly ratio: number,
  ) {}

  /** Slanted lines: it waits. */
  hatch(color: string, distance = 5): CanvasPattern | string {
    return this.tile(`hatch ${color} ${distance}`, color, distance, (tile, size) => {
      tile.lineWidth = size / 3.6
      tile.beginPath()
      for (const shift of [-size, 0, size]) {
        tile.moveTo(shift - 1, size + 1)
        tile.lineTo(shift + size + 1, -1)
      }
      tile.stroke()
    })
  }

  /** Dots: it is away, in another thread or process. */
  dots(color: string): CanvasPattern | string {
    return this.tile(`dots ${color}`, color, 4, (tile, size) => {
      tile.fillRect(0, 0, size / 2.6, size / 2.6)
      tile.fillRect(size / 2, size / 2, size / 2.6, size / 2.6)
    })
  }

  private tile(key: string, color: string, size: number, draw: (tile: CanvasRenderingContext2D, size: number) => void): CanvasPattern | string {
    const known = this.made.get(key)
    if (known !== undefined) return known
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = Math.round(size * this.ratio)
    const tile = canvas.getContext('2d')
    const pattern = tile && this.context.createPattern(canvas, 'repeat')
    if (!tile || !pattern) return color
    tile.strokeStyle = tile.fillStyle = color
    draw(tile, canvas.width)
    const filled = this.context.createPattern(canvas, 'repeat')!
    filled.setTransform(new DOMMatrix().scale(1 / this.ratio))
    this.made.set(key, filled)
    return filled
  }
}
