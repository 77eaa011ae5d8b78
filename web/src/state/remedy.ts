/** What helps against a stall, in a sentence, where nobody who has read the code says it better. */

import type { StallLine } from '../stream/frames'

export function remedy(stall: StallLine): string {
  const { cause, operation, culprit } = stall
  const what = operation ? `“${operation}”` : 'this line'
  if (cause === 'blocking_call') {
    if (operation === 'time.sleep') return 'Write “await asyncio.sleep(…)” instead of “time.sleep(…)”, or make the endpoint a plain “def”.'
    return culprit
      ? `${what} waits and keeps the loop. Make the endpoint a plain “def”, so that it runs in a thread, or hand the call over with “await clearway.offload(…)”.`
      : ''
  }
  if (cause === 'cpu')
    return `${what} computes on the loop. Move the computation to a process: a “def” with “@clearway.process”, or “await clearway.offload(…, lane="process")”.`
  if (cause === 'gil') return 'Threads computed and kept the interpreter. Put the computing call into the process lane with “@clearway.process”.'
  if (cause === 'garbage_collection') return 'The garbage collector looked at very many objects. “clearway run” makes it do so more rarely; keep large caches out of small objects.'
  if (cause === 'machine') return 'The process got no processor. Look at what else runs on the machine, and at the limits of its container.'
  return ''
}
