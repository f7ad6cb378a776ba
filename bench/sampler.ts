import { setImmediate as nextTurn } from "node:timers/promises";
import { type Result, Samples } from "./samples.ts";

/** One thing to be measured. */
export interface Row {
  readonly name: string;
  /** What is measured, up to the end of its promise if it answers one. */
  call(): unknown;
}

/** A {@link Row} with work before and after each call that is not measured. */
export interface PreparedRow<Given, Got> {
  readonly name: string;
  /** @default as many as all rows */
  readonly calls?: number;
  before?(): Promise<Given>;
  call(given: Given): Got | Promise<Got>;
  after?(got: Got): unknown;
}

/** How long a group of rows is measured. */
export interface Rounds {
  readonly rounds: number;
  /** Calls of each row in a round. */
  readonly calls: number;
  /** Rounds before that are not counted, so that everything is compiled. */
  readonly warmUp: number;
}

/** Makes one row, ready to be measured beside others, of one that prepares its calls. */
export function prepared<Given, Got>(row: PreparedRow<Given, Got>): SampledRow {
  return {
    name: row.name,
    ...(row.calls === undefined ? {} : { calls: row.calls }),
    async sample(samples) {
      const given = (await row.before?.()) as Given;
      const start = performance.now();
      const answer = row.call(given);
      // A row that answers no promise is not awaited: bare primitives cost what they cost.
      const got = answer instanceof Promise ? await answer : answer;
      samples?.add(performance.now() - start);
      await row.after?.(got);
    },
  };
}

/** A row that takes its own samples. */
export interface SampledRow {
  readonly name: string;
  /** Fewer calls in a round than the other rows, for one that takes long. */
  readonly calls?: number;
  sample(samples: Samples | null): Promise<void>;
}

/**
 * Measures rows side by side: every round calls each row some times, so that what else the machine does hits
 * all of them alike.
 *
 * Each call is timed on its own, which adds about 0.05 us to it. Benchmark libraries time batches of calls
 * this short, and a batch has no p99 of a call.
 */
export async function measure(
  rows: readonly (Row | SampledRow)[],
  { rounds, calls, warmUp }: Rounds,
): Promise<readonly Result[]> {
  const sampled = rows.map((row) => ({
    row: "sample" in row ? row : prepared<void, unknown>(row),
    samples: new Samples(row.name, rounds * calls),
  }));
  for (let round = -warmUp; round < rounds; round++) {
    for (const { row, samples } of sampled) {
      for (let call = 0; call < (row.calls ?? calls); call++) await row.sample(round < 0 ? null : samples);
    }
    // Timers and I/O get their turn off the clock.
    await nextTurn();
  }
  return sampled.map(({ samples }) => samples.result());
}

/** Makes `calls` calls from `callers` at once, each calling again as soon as it is answered. */
export async function callTogether(
  callers: number,
  calls: number,
  call: () => unknown,
  samples: Samples,
): Promise<void> {
  let left = calls;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const start = performance.now();
      await call();
      samples.add(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  samples.elapsed(performance.now() - start);
}
