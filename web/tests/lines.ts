/** Lines for the tests: a worker that says what it is told to say. */
import type { Frame, Header, StallLine } from '../src/stream/frames'

export function header(more: Partial<Header> = {}): Header {
  return { type: 'header', worker: 1, origin: 1000, app: 'app', versions: {}, stall_threshold_ms: 20, ...more }
}

export function frame(more: Partial<Frame> = {}): Frame {
  return {
    type: 'frame',
    worker: 1,
    at_us: 100_000,
    routes: [],
    calls: [],
    requests: [],
    parts: [],
    here: [],
    going: [],
    in_flight: 0,
    counts: [],
    stalls: [],
    losses: [],
    pool: null,
    loop_cpu: 0,
    overdue_us: 0,
    left_out: 0,
    dropped: 0,
    table: null,
    doctor: null,
    missed: 0,
    gone: false,
    ...more,
  }
}

export function stall(more: Partial<StallLine> = {}): StallLine {
  return {
    started_s: 0.01,
    duration_s: 0.05,
    cause: 'blocking_call',
    route: 'GET /bad/',
    call: 'app:bad',
    culprit: { file: '/srv/app.py', line: 7, function: 'bad' },
    operation: 'time.sleep',
    stack: [],
    request: 3,
    victims: [],
    victim_count: 0,
    ...more,
  }
}
