/** What a row came to. */
export interface Result {
  readonly name: string;
  readonly p50Us: number;
  readonly p99Us: number;
  /** By the time of each call for one caller, by the wall clock for several. */
  readonly opsPerSecond: number;
}

/** How long the calls of one row took, kept in memory that is there before the first call. */
export class Samples {
  readonly #name: string;
  readonly #values: Float64Array;
  #count = 0;
  #elapsedMs = 0;

  constructor(name: string, capacity: number) {
    this.#name = name;
    this.#values = new Float64Array(capacity);
  }

  add(ms: number): void {
    this.#values[this.#count++] = ms * 1000;
  }

  /** Adds wall time in which several callers called together. */
  elapsed(ms: number): void {
    this.#elapsedMs += ms;
  }

  /** What the samples come to; to be asked last. */
  result(): Result {
    const sorted = this.#values.subarray(0, this.#count).sort();
    const spentMs = this.#elapsedMs || sorted.reduce((sum, us) => sum + us, 0) / 1000;
    return {
      name: this.#name,
      p50Us: quantile(sorted, 0.5),
      p99Us: quantile(sorted, 0.99),
      opsPerSecond: (sorted.length / spentMs) * 1000,
    };
  }
}

/** By nearest rank: a value that was really measured. */
function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
