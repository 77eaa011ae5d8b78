/** Pointer and wheel on the timeline: drag moves, wheel and pinch zoom, a press without a move chooses. */

import { GUTTER } from './layout'
import { panned, zoomed, type Extent, type View } from './view'

export interface Surface {
  view(): View
  extent(): Extent
  /** Of the plot, in pixels. */
  width(): number
  show(view: View): void
  scrollBy(pixels: number): void
  hover(left: number, top: number): void
  leave(): void
  choose(left: number, top: number): void
  open(left: number, top: number): void
}

/** A move of so many pixels is a drag. */
const DRAG = 4

export class Gestures {
  private readonly pressed = new Map<number, { left: number; top: number }>()
  private moved = false
  private pinch = 0

  constructor(
    private readonly element: HTMLElement,
    private readonly surface: Surface,
  ) {
    const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void): void =>
      element.addEventListener(name, act, { passive: false })
    on('wheel', (event) => this.wheel(event))
    on('pointerdown', (event) => this.down(event))
    on('pointermove', (event) => this.move(event))
    on('pointerup', (event) => this.up(event))
    on('pointercancel', (event) => this.pressed.delete(event.pointerId))
    on('pointerleave', () => this.pressed.size === 0 && surface.leave())
    on('dblclick', (event) => surface.open(...this.place(event)))
  }

  private place(event: MouseEvent): [number, number] {
    const box = this.element.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }

  private wheel(event: WheelEvent): void {
    const [left] = this.place(event)
    // Over the labels the wheel scrolls the tracks, as it does anywhere else.
    if (left < GUTTER && !event.ctrlKey) return
    event.preventDefault()
    const { surface } = this
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      surface.show(panned(surface.view(), (sideways * unit) / surface.width(), surface.extent()))
    } else {
      const factor = Math.exp(Math.max(-1, Math.min(1, event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0022))))
      surface.show(zoomed(surface.view(), factor, (left - GUTTER) / surface.width(), surface.extent()))
    }
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return
    const [left, top] = this.place(event)
    this.pressed.set(event.pointerId, { left, top })
    this.moved = this.pressed.size > 1
    this.pinch = this.distance()
  }

  private move(event: PointerEvent): void {
    const [left, top] = this.place(event)
    const from = this.pressed.get(event.pointerId)
    const { surface } = this
    if (from === undefined) {
      surface.hover(left, top)
      return
    }
    if (this.pressed.size === 2) {
      this.pressed.set(event.pointerId, { left, top })
      const now = this.distance()
      if (this.pinch > 0 && now > 0) surface.show(zoomed(surface.view(), this.pinch / now, this.middle(), surface.extent()))
      this.pinch = now
      return
    }
    if (!this.moved && Math.hypot(left - from.left, top - from.top) < DRAG) return
    if (!this.moved) this.element.setPointerCapture(event.pointerId)
    this.moved = true
    if (left !== from.left) surface.show(panned(surface.view(), (from.left - left) / surface.width(), surface.extent()))
    surface.scrollBy(from.top - top)
    this.pressed.set(event.pointerId, { left, top })
  }

  private up(event: PointerEvent): void {
    if (!this.pressed.delete(event.pointerId)) return
    if (!this.moved) this.surface.choose(...this.place(event))
  }

  private distance(): number {
    const [one, other] = [...this.pressed.values()]
    return one && other ? Math.hypot(one.left - other.left, one.top - other.top) : 0
  }

  private middle(): number {
    const places = [...this.pressed.values()]
    return (places.reduce((sum, { left }) => sum + left, 0) / places.length - GUTTER) / this.surface.width()
  }
}
