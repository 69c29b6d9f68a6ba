/** A histogram of waiting times: 0.7 % wide buckets up to 17 minutes, constant memory. */

const SUB_BUCKETS = 128;
const OCTAVES = 24;

export class Latencies {
  readonly #counts = new Float64Array(SUB_BUCKETS * OCTAVES);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  add(ms: number): void {
    const index = bucketOf(ms);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  merge(other: Latencies): void {
    other.#counts.forEach((count, index) => {
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
    });
    this.#count += other.#count;
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  /** The time in ms below which `share` (0..1) of all lie; 0 when there are none. */
  quantile(share: number): number {
    const wanted = Math.max(1, Math.ceil(this.#count * share));
    let seen = 0;
    for (let index = 0; index < this.#counts.length; index++) {
      seen += this.#counts[index] ?? 0;
      if (seen >= wanted) return Math.min(upperEdgeMs(index), this.#maxMs);
    }
    return this.#maxMs;
  }
}

/** Microseconds, split in octaves of `SUB_BUCKETS` equal parts. */
function bucketOf(ms: number): number {
  const micros = Math.max(0, Math.floor(ms * 1_000));
  if (micros < SUB_BUCKETS) return micros;
  const octave = Math.floor(Math.log2(micros / SUB_BUCKETS));
  const within = Math.floor(micros / 2 ** octave) - SUB_BUCKETS;
  return Math.min((octave + 1) * SUB_BUCKETS + within, SUB_BUCKETS * OCTAVES - 1);
}

function upperEdgeMs(index: number): number {
  if (index < SUB_BUCKETS) return (index + 1) / 1_000;
  const octave = Math.floor(index / SUB_BUCKETS) - 1;
  return ((index % SUB_BUCKETS) + SUB_BUCKETS + 1) * 2 ** octave / 1_000;
}

/** The middle value; of an even number the lower of the two. 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
