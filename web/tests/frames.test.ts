import { describe, expect, it } from 'vitest'
import { FrameError, readLine } from '../src/stream/frames'
import { Lines } from '../src/stream/lines'
import { readRecording, textOf } from '../src/stream/recording'

const HEADER = '{"type":"header","worker":7,"origin":1.5,"app":"a","versions":{},"stall_threshold_ms":20.0,"schema":"clearway.frames/1"}'
const FRAME = '{"type":"frame","worker":7,"at_us":100,"routes":["GET /"],"counts":[[0,2,30,50,0,[[8,2]]]]}'

describe('a line', () => {
  it('is a header or a frame, whose fields that are not there are empty', () => {
    expect(readLine(HEADER)).toMatchObject({ type: 'header', worker: 7, origin: 1.5 })
    expect(readLine(FRAME)).toMatchObject({ type: 'frame', at_us: 100, requests: [], stalls: [], pool: null, gone: false })
  })

  it('of another version says which, and what to do', () => {
    expect(() => readLine(HEADER.replace('frames/1', 'frames/9'))).toThrow(/“clearway.frames\/9”.*use the Clearway that made it/)
  })

  it.each([
    ['', 'no JSON'],
    ['[]', 'no object'],
    ['{"type":"other"}', 'neither'],
    ['{"type":"frame","worker":7}', 'no time'],
    ['{"type":"frame","worker":7,"at_us":1,"parts":[[1,2,3]]}', 'a part that is too short'],
    ['{"type":"frame","worker":7,"at_us":1,"requests":[[1,2,3,"4"]]}', 'a time that is a text'],
    ['{"type":"frame","worker":7,"at_us":1,"counts":[[1,2,3,4,5,[["a",1]]]]}', 'a bucket that is none'],
    ['{"type":"frame","worker":7,"at_us":1e999}', 'a time without end'],
    ['{"type":"frame","worker":"x","at_us":1}', 'a worker that is no number'],
  ])('that is broken is refused: %s (%s)', (line) => {
    expect(() => readLine(line)).toThrow(FrameError)
  })

  it('takes the evidence of a diagnosis as one sentence or several', () => {
    const line = (evidence: unknown): string => JSON.stringify({ type: 'frame', worker: 1, at_us: 1, doctor: { sentence: 's', evidence } })
    expect(readLine(line('one'))).toMatchObject({ doctor: { evidence: ['one'] } })
    expect(readLine(line(['one', 'two']))).toMatchObject({ doctor: { evidence: ['one', 'two'] } })
  })
})

describe('bytes', () => {
  it('become whole lines wherever they were cut', () => {
    const lines = new Lines()
    expect(lines.push('a\nb')).toEqual(['a'])
    expect(lines.push('c\n\n')).toEqual(['bc'])
    expect(lines.push('d')).toEqual([])
    expect(lines.half).toBe('d')
  })
})

describe('a recording', () => {
  it('is read up to its last whole line', () => {
    expect(readRecording(`${HEADER}\n${FRAME}\n`)).toMatchObject({ lines: { length: 2 }, broken: null })
    const cut = readRecording(`${HEADER}\n${FRAME}\n${FRAME.slice(0, 30)}`)
    expect(cut.lines).toHaveLength(2)
    expect(cut.broken).toMatch(/^line 3: /)
  })

  it.each([
    ['', /empty/],
    [FRAME, /first line is not a header/],
    ['PK\u0003\u0004', /no line of a recording/],
    [HEADER, /ends before its first frame/],
    [HEADER.replace('frames/1', 'frames/2') + '\n' + FRAME, /frames\/2/],
  ])('that is none says so in one line', (text, why) => {
    expect(() => readRecording(text)).toThrow(why)
    expect(() => readRecording(text)).toThrow(FrameError)
  })

  it('may be packed', async () => {
    const packed = new Blob([FRAME]).stream().pipeThrough(new CompressionStream('gzip'))
    expect(await textOf(await new Response(packed).blob())).toBe(FRAME)
  })
})
