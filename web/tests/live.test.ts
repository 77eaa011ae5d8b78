import { describe, expect, it } from 'vitest'
import { follow, type Link, type Listener } from '../src/stream/live'
import type { Line } from '../src/stream/frames'

const HEADER = '{"type":"header","worker":7,"origin":1,"app":"a","versions":{},"stall_threshold_ms":20,"schema":"clearway.frames/1"}'

class Heard implements Listener {
  lines: Line[] = []
  troubles: string[] = []
  links: Link[] = []
  readonly stop = new AbortController()

  constructor(private readonly until: (heard: Heard) => boolean) {}

  line(line: Line): void {
    this.lines.push(line)
  }

  broken(why: string): void {
    this.troubles.push(why)
  }

  link(link: Link): void {
    this.links.push(link)
    if (this.until(this)) this.stop.abort()
  }
}

describe('the stream', () => {
  it('is read again when it breaks off, and a broken line does not end it', async () => {
    let asked = 0
    const ask = (): Promise<Response> => {
      asked += 1
      return asked === 1 ? Promise.reject(new TypeError('no')) : Promise.resolve(new Response(`${HEADER}\nnonsense\n{"type":"frame","worker":7,"at_us":1}\n{"type":`))
    }
    const heard = new Heard(({ links }) => links.filter(({ is }) => is === 'waiting').length === 2)
    await follow(ask, heard, heard.stop.signal)
    expect(heard.links.map(({ is }) => is)).toEqual(['connecting', 'waiting', 'connecting', 'live', 'waiting'])
    expect(heard.links[1]).toMatchObject({ why: 'the app does not answer', seconds: 0.5 })
    expect(heard.links[4]).toMatchObject({ why: 'the app has stopped', seconds: 0.5 })
    expect(heard.lines.map(({ type }) => type)).toEqual(['header', 'frame'])
    expect(heard.troubles).toHaveLength(1)
  })

  it('that wants a token is not asked again', async () => {
    const heard = new Heard(() => false)
    await follow(() => Promise.resolve(new Response('', { status: 401 })), heard, heard.stop.signal)
    expect(heard.links.at(-1)).toMatchObject({ is: 'refused' })
  })

  it('that is not there says what was answered', async () => {
    const heard = new Heard(({ links }) => links.some(({ is }) => is === 'waiting'))
    await follow(() => Promise.resolve(new Response('', { status: 503 })), heard, heard.stop.signal)
    expect(heard.links.at(-1)).toMatchObject({ is: 'waiting', why: 'the console answered 503' })
  })
})
