/** What the page knows and what is chosen in it: one source, live or recorded, for every pane. */

import { requestDetail } from '../state/request'
import { State } from '../state/state'
import { REPLAY } from '../state/worker'
import { matching } from '../state/routes'
import { FrameError, type Diagnosis } from '../stream/frames'
import { follow, type Link } from '../stream/live'
import { readRecording } from '../stream/recording'
import type { Pick } from '../timeline/scene'
import { extentOf } from '../timeline/overview'
import { clamped, FIRST_SPAN_US, LiveClock, zoomed, type Extent, type View } from '../timeline/view'
import { Advices } from './advices.svelte'
import { Api } from './api'

export type Pane = 'routes' | 'stalls' | 'requests' | 'pool' | 'losses'
const PANES_EVERY_MS = 250

export class Model {
  readonly api = new Api(location.search)
  readonly advices = new Advices(this.api)
  readonly clock = new LiveClock()
  state = $state.raw(new State())
  /** Goes up, a few times a second, when there is something new to show. */
  version = $state(0)
  source = $state<'stream' | 'file'>('stream')
  link = $state.raw<Link>({ is: 'connecting' })
  file = $state('')
  /** One line, for the user. */
  trouble = $state('')
  view = $state.raw<View>({ end: 0, span: FIRST_SPAN_US, following: true })
  worker = $state<number | null>(null)
  query = $state('')
  selected = $state.raw<Pick | null>(null)
  hovered = $state.raw<Pick | null>(null)
  pane = $state<Pane>('routes')
  asked = $state.raw<Diagnosis | null>(null)
  private stop: AbortController | null = null
  private toldAt = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  /** A recording that plays: where from, and since when. */
  private played: { from: number; since: number } | null = null

  matching = $derived.by(() => (void this.version, matching(this.state.routes.list, this.query)))

  /** The time that tables and charts are of. */
  get asOf(): number {
    void this.version
    if (this.view.following && this.played === null) return this.state.at
    return Math.min(this.viewNow(performance.now()).end, this.state.at)
  }

  get doctor(): Diagnosis | null {
    return this.state.doctorAt(this.asOf) ?? this.asked
  }

  extent(): Extent {
    return extentOf(this.state)
  }

  /** The view now: where it follows, its edge goes with the clock. */
  viewNow(now: number): View {
    if (!this.view.following) return this.view
    if (this.played === null) return { ...this.view, end: this.clock.at(now) }
    const end = this.played.from + (now - this.played.since) * 1000
    if (end < this.state.at) {
      this.soon()
      return { ...this.view, end }
    }
    const last = { ...this.view, end: this.state.at, following: false }
    queueMicrotask(() => this.played !== null && this.show(last))
    return last
  }

  show(view: View): void {
    if (!view.following) this.played = null
    this.view = view
    this.version += 1
  }

  /** Stand still, or go on: live at the latest, a recording from where it stands. */
  togglePause(): void {
    const now = performance.now()
    if (this.view.following) this.show({ ...this.viewNow(now), following: false })
    else if (this.source === 'stream') this.follow()
    else {
      const { start, end } = this.extent()
      const from = this.view.end >= end ? start + this.view.span * 0.2 : this.view.end
      this.played = { from, since: now }
      this.view = { ...this.view, end: from, following: true }
    }
  }

  /** To the latest. */
  follow(): void {
    if (this.source === 'stream') this.show({ ...this.view, following: true })
    else this.show(clamped({ ...this.view, end: this.state.at, following: false }, this.extent()))
  }

  /** Closer or further, around what is chosen where that is in view. */
  zoom(factor: number): void {
    const view = this.viewNow(performance.now())
    const at = this.selectedAt()
    const anchor = at === null ? 0.5 : 1 - (view.end - at) / view.span
    const isInView = anchor >= 0 && anchor <= 1
    this.show(zoomed({ ...view, following: view.following && at === null }, factor, isInView ? anchor : 0.5, this.extent()))
  }

  private selectedAt(): number | null {
    const { selected, state } = this
    if (selected?.kind === 'stall') return state.stalls.find(({ number }) => number === selected.number)?.end ?? null
    if (selected?.kind === 'request') return requestDetail(state, selected.worker, selected.id)?.came ?? null
    return null
  }

  /** Bring a time into view, with room around it. */
  reveal(from: number, to: number): void {
    const { view, state } = this
    const { end, span } = this.viewNow(performance.now())
    if (from >= end - span && to <= end && to - from > span / 50) return
    const wide = Math.min(Math.max((to - from) * 4, 200_000), view.span)
    this.show(clamped({ span: wide, end: Math.min((from + to) / 2 + wide / 2, state.at + wide * 0.05), following: false }, this.extent()))
  }

  connect(): void {
    this.stop?.abort()
    this.stop = new AbortController()
    this.start(new State())
    this.source = 'stream'
    this.file = ''
    this.trouble = ''
    this.view = { end: 0, span: FIRST_SPAN_US, following: true }
    void this.api.doctor().then((found) => (this.asked = found))
    void follow(
      (signal) => this.api.frames(signal),
      {
        line: (line) => {
          this.state.take(line)
          if (line.type === 'frame') this.clock.told(this.state.at, performance.now())
          this.soon()
        },
        broken: (why) => {
          this.state.unreadable += 1
          this.state.lastUnreadable = why
          this.soon()
        },
        link: (link) => (this.link = link),
      },
      this.stop.signal,
    )
  }

  /** Show a recording instead of the stream. What is not one leaves everything as it is, and says why. */
  replay(text: string, name: string): void {
    const state = new State(REPLAY)
    try {
      const { lines, broken } = readRecording(text)
      for (const line of lines) state.take(line)
      this.trouble = broken === null ? '' : `${name}: ${broken}`
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.trouble = `${name}: ${error.message}`
      return
    }
    this.stop?.abort()
    this.start(state)
    this.source = 'file'
    this.file = name
    const extent = this.extent()
    this.view = clamped({ end: extent.end, span: Math.min(extent.end - extent.start, 60e6), following: false }, extent)
  }

  private start(state: State): void {
    this.state = state
    this.worker = null
    this.selected = this.hovered = null
    this.asked = null
    this.played = null
    this.version += 1
  }

  /** Tables change a few times a second at most, the timeline for itself. */
  private soon(): void {
    if (this.timer !== undefined) return
    const wait = Math.max(0, this.toldAt + PANES_EVERY_MS - performance.now())
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.toldAt = performance.now()
      this.version += 1
    }, wait)
  }
}
