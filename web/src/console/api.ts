/** What the page asks the console for besides the stream. All by GET, relative to the page, with the page's token. */

import { diagnosis, isData, type Diagnosis } from '../stream/frames'

export interface SourceLines {
  file: string
  first: number
  lines: string[]
}

export interface Edit {
  file: string
  line: number
  before: string[]
  after: string[]
}

export interface Advice {
  change: string
  why: string
  edits: Edit[]
}

export class Api {
  private readonly token: string | null

  constructor(search: string) {
    this.token = new URLSearchParams(search).get('token')
  }

  /** An answer of the console. In a header, the token stays out of logs and histories. */
  get(path: string, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = this.token === null ? {} : { Authorization: `Bearer ${this.token}` }
    return fetch(`__clearway__/${path}`, { headers, signal: signal ?? null, cache: 'no-store', credentials: 'same-origin' })
  }

  frames(signal: AbortSignal): Promise<Response> {
    return this.get('frames?since=0', signal)
  }

  async doctor(): Promise<Diagnosis | null> {
    const data = await this.json('doctor')
    return data === null ? null : diagnosis(data)
  }

  async source(file: string, line: number): Promise<SourceLines | null> {
    const data = await this.json(`source?${new URLSearchParams({ file, line: String(line) })}`)
    if (data === null || !Array.isArray(data['lines'])) return null
    return { file: String(data['file'] ?? file), first: Number(data['first']) || 1, lines: data['lines'].map(String) }
  }

  /** For a route, or for a stall by its number, its worker and when it began on that worker's clock. */
  async advice(about: Record<string, string>): Promise<Advice | null> {
    const data = await this.json(`advice?${new URLSearchParams(about)}`)
    return data === null ? null : advice(data)
  }

  /** The answer as an object; null for anything else, since the page shows what it has without it. */
  private async json(path: string): Promise<Record<string, unknown> | null> {
    try {
      const response = await this.get(path, AbortSignal.timeout(10_000))
      const data: unknown = response.ok ? await response.json() : null
      return isData(data) ? data : null
    } catch {
      return null
    }
  }
}

/** Advice as it is sent; null where nothing is advised. */
export function advice(data: Record<string, unknown>): Advice | null {
  const edits = Array.isArray(data['edits']) ? data['edits'].filter(isData).map(edit) : []
  const change = typeof data['change'] === 'string' ? data['change'] : ''
  return change === '' && edits.length === 0 ? null : { change, why: String(data['why'] ?? ''), edits }
}

function edit(data: Record<string, unknown>): Edit {
  return {
    file: String(data['file'] ?? ''),
    line: Number(data['line']) || 0,
    before: lines(data['before']),
    after: lines(data['after']),
  }
}

function lines(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split('\n') : []
}
