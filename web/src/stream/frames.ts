/** The lines of a stream or a recording, as src/clearway/frames.py lays them down. What is read here is hostile. */

export const SCHEMA = 'clearway.frames/1'

/** In the order of `Lane` and `CallKind` in src/clearway/model.py. */
export const LANES = ['loop', 'thread', 'process', 'cluster'] as const
export const KINDS = [
  'endpoint',
  'websocket',
  'dependency',
  'dependency_exit',
  'background_task',
  'exception_handler',
  'validation',
  'file',
  'stream',
  'offload',
] as const
export type Lane = (typeof LANES)[number]

/** request, route, came_us, left_us (0 while it is still here) */
export type RequestPart = [number, number, number, number]
/** request, route, call, kind, lane, track, submitted_us, started_us, ended_us, returned_us */
export type CallPart = [number, number, number, number, number, number, number, number, number, number]
/** route, requests, slowest_us, total_us, wait_us, [bucket, count]… */
export type Counts = [number, number, number, number, number, [number, number][]]

export interface Header {
  type: 'header'
  worker: number
  origin: number
  app: string
  versions: Record<string, string>
  stall_threshold_ms: number
}

export interface Pool {
  limit: number
  live: number
  busy: number
  queued: number
  load: number
  budget: number
}

export interface StackLine {
  file: string
  line: number
  function: string
}

export interface Victim {
  request: number
  route: string
  waited_s: number
  arrived_during: boolean
}

export interface StallLine {
  started_s: number
  duration_s: number
  cause: string
  route: string | null
  call: string | null
  culprit: StackLine | null
  operation: string | null
  stack: StackLine[]
  request: number
  victims: Victim[]
  victim_count: number
}

export interface LossLine {
  at_s: number
  lane: string
  route: string
  call: string
  request: number
  reason: string
}

export interface Diagnosis {
  problem: string
  sentence: string
  evidence: string[]
  next_step: string
  severity: string
}

export interface Frame {
  type: 'frame'
  worker: number
  at_us: number
  routes: string[]
  calls: string[]
  requests: RequestPart[]
  parts: CallPart[]
  here: RequestPart[]
  going: CallPart[]
  in_flight: number
  counts: Counts[]
  stalls: StallLine[]
  losses: LossLine[]
  pool: Pool | null
  loop_cpu: number
  overdue_us: number
  left_out: number
  dropped: number
  table: Record<string, unknown> | null
  doctor: Diagnosis | null
  missed: number
  gone: boolean
}

export type Line = Header | Frame

/** A recording or a stream is of another version, or broken. The message is one line for the user. */
export class FrameError extends Error {}

type Data = Record<string, unknown>

/** Whichever line it is. Raises FrameError for what is neither, and for another version. */
export function readLine(text: string): Line {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw new FrameError('this is no line of a recording of Clearway’s')
  }
  if (!isData(data)) throw new FrameError('this is no line of a recording of Clearway’s')
  if (data['type'] === 'header') return header(data)
  if (data['type'] === 'frame') return frame(data)
  throw new FrameError('this is neither a header nor a frame')
}

function header(data: Data): Header {
  if (data['schema'] !== SCHEMA) {
    const found = typeof data['schema'] === 'string' ? `“${data['schema'].slice(0, 60)}”` : 'without a version'
    throw new FrameError(`this recording is ${found}, and this page reads “${SCHEMA}”; use the Clearway that made it`)
  }
  const versions = isData(data['versions']) ? data['versions'] : {}
  return {
    type: 'header',
    worker: number(data, 'worker'),
    origin: number(data, 'origin'),
    app: text(data['app']),
    versions: Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, text(version)])),
    stall_threshold_ms: number(data, 'stall_threshold_ms'),
  }
}

function frame(data: Data): Frame {
  return {
    type: 'frame',
    worker: number(data, 'worker'),
    at_us: number(data, 'at_us'),
    routes: list(data, 'routes').map(text),
    calls: list(data, 'calls').map(text),
    requests: rows<RequestPart>(data, 'requests', 4),
    parts: rows<CallPart>(data, 'parts', 10),
    here: rows<RequestPart>(data, 'here', 4),
    going: rows<CallPart>(data, 'going', 10),
    in_flight: number(data, 'in_flight', 0),
    counts: list(data, 'counts').map(counts),
    stalls: list(data, 'stalls').filter(isData).map(stall),
    losses: list(data, 'losses').filter(isData).map(loss),
    pool: isData(data['pool']) ? pool(data['pool']) : null,
    loop_cpu: number(data, 'loop_cpu', 0),
    overdue_us: number(data, 'overdue_us', 0),
    left_out: number(data, 'left_out', 0),
    dropped: number(data, 'dropped', 0),
    table: isData(data['table']) ? data['table'] : null,
    doctor: isData(data['doctor']) ? diagnosis(data['doctor']) : null,
    missed: number(data, 'missed', 0),
    gone: data['gone'] === true,
  }
}

function counts(row: unknown): Counts {
  if (!Array.isArray(row)) throw broken('counts')
  const [numbers, latencies] = [row.slice(0, 5), row[5] ?? []]
  if (!isNumbers(numbers, 5) || !Array.isArray(latencies)) throw broken('counts')
  if (!latencies.every((pair) => isNumbers(pair, 2))) throw broken('counts')
  return [...numbers, latencies] as Counts
}

function stall(data: Data): StallLine {
  return {
    started_s: number(data, 'started_s'),
    duration_s: number(data, 'duration_s'),
    cause: text(data['cause']),
    route: textOrNull(data['route']),
    call: textOrNull(data['call']),
    culprit: isData(data['culprit']) ? stackLine(data['culprit']) : null,
    operation: textOrNull(data['operation']),
    stack: list(data, 'stack').filter(isData).map(stackLine),
    request: number(data, 'request', 0),
    victims: list(data, 'victims')
      .filter(isData)
      .map((victim) => ({
        request: number(victim, 'request', 0),
        route: text(victim['route']),
        waited_s: number(victim, 'waited_s', 0),
        arrived_during: victim['arrived_during'] === true,
      })),
    victim_count: number(data, 'victim_count', 0),
  }
}

function stackLine(data: Data): StackLine {
  return { file: text(data['file']), line: number(data, 'line', 0), function: text(data['function']) }
}

function loss(data: Data): LossLine {
  return {
    at_s: number(data, 'at_s'),
    lane: text(data['lane']),
    route: text(data['route']),
    call: text(data['call']),
    request: number(data, 'request', 0),
    reason: text(data['reason']),
  }
}

function pool(data: Data): Pool {
  const of = (key: string): number => number(data, key, 0)
  return {
    limit: of('limit'),
    live: of('live'),
    busy: of('busy'),
    queued: of('queued'),
    load: of('load'),
    budget: of('budget'),
  }
}

/** As the doctor says it, in a frame or asked for. Evidence is one sentence or several. */
export function diagnosis(data: Data): Diagnosis {
  const evidence = data['evidence']
  return {
    problem: text(data['problem']),
    sentence: text(data['sentence']),
    evidence: Array.isArray(evidence) ? evidence.map(text) : evidence ? [text(evidence)] : [],
    next_step: text(data['next_step']),
    severity: text(data['severity']),
  }
}

export function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNumbers(value: unknown, count: number): value is number[] {
  return Array.isArray(value) && value.length >= count && value.slice(0, count).every(Number.isFinite)
}

function rows<T extends number[]>(data: Data, key: string, count: number): T[] {
  const found = list(data, key)
  for (const row of found) if (!isNumbers(row, count)) throw broken(key)
  return found as T[]
}

function list(data: Data, key: string): unknown[] {
  const found = data[key]
  if (found === undefined || found === null) return []
  if (!Array.isArray(found)) throw broken(key)
  return found
}

function number(data: Data, key: string, otherwise?: number): number {
  const found = data[key]
  if (typeof found === 'number' && Number.isFinite(found)) return found
  if ((found === undefined || found === null) && otherwise !== undefined) return otherwise
  throw broken(key)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : value === null || value === undefined ? '' : String(value)
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : text(value)
}

function broken(key: string): FrameError {
  return new FrameError(`a line is broken: “${key}” is not what it should be`)
}
