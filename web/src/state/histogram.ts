/** Buckets of latency, as `bucket_of` in src/clearway/frames.py makes them: each is 9 % wide. */

export const PER_OCTAVE = 8

export type Histogram = Map<number, number>

export function bucketTopUs(bucket: number): number {
  return 2 ** (bucket / PER_OCTAVE)
}

export function addLatencies(into: Histogram, latencies: readonly [number, number][]): void {
  for (const [bucket, count] of latencies) into.set(bucket, (into.get(bucket) ?? 0) + count)
}

/** The top of the buckets in which these parts of the requests are reached; null for no requests. */
export function percentilesMs(latencies: Histogram, parts: readonly number[]): (number | null)[] {
  const buckets = [...latencies].sort(([one], [other]) => one - other)
  const total = buckets.reduce((sum, [, count]) => sum + count, 0)
  return parts.map((part) => {
    let left = total * part
    for (const [bucket, count] of buckets) {
      left -= count
      if (left <= 0) return bucketTopUs(bucket) / 1000
    }
    return null
  })
}
