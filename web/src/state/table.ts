/** The snapshot that a worker tells once a second: what the page reads of it. */

import { isData } from '../stream/frames'

export interface PlannedCall {
  call: string
  lane: string
  why: string
}

export interface TableRoute {
  route: string
  lane: string
  why: string
  call: string
  dependencies: PlannedCall[]
  requests: number
  running: number
  queued: number
  refused: number
  withdrawn: number
  contained: boolean
  /** The parts of the latest requests in milliseconds, by name and percentile. */
  parts: Record<string, Record<string, number>>
}

export interface Table {
  routes: TableRoute[]
  faults: number
  recorderDropped: number
  processes: Record<string, unknown> | null
}

const PARTS = ['latency', 'wait', 'run', 'return_wait', 'framework']

export function readTable(data: Record<string, unknown>): Table {
  const routes = Array.isArray(data['routes']) ? data['routes'].filter(isData) : []
  return {
    routes: routes.map(readRoute),
    faults: number(data['faults']),
    recorderDropped: isData(data['recorder']) ? number(data['recorder']['dropped']) : 0,
    processes: isData(data['processes']) ? data['processes'] : null,
  }
}

function readRoute(data: Record<string, unknown>): TableRoute {
  const parts: TableRoute['parts'] = {}
  for (const part of PARTS) {
    const found = data[`${part}_ms`]
    if (isData(found)) parts[part] = Object.fromEntries(Object.entries(found).map(([key, value]) => [key, number(value)]))
  }
  return {
    ...planned(data),
    route: text(data['route']),
    dependencies: Array.isArray(data['dependencies']) ? data['dependencies'].filter(isData).map(planned) : [],
    requests: number(data['requests']),
    running: number(data['running']),
    queued: number(data['queued']),
    refused: number(data['refused']),
    withdrawn: number(data['withdrawn']),
    contained: isData(data['contained']) && data['contained']['is_on'] === true,
    parts,
  }
}

function planned(data: Record<string, unknown>): PlannedCall {
  return { call: text(data['call']), lane: text(data['lane']), why: text(data['why']) }
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
