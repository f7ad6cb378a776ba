import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Permit } from "@tollgate/core";
import { fileLog } from "@tollgate/core/node";
import { type MeasuredGate, measuredGate, toolCall } from "./measured-gate.ts";
import { callTogether } from "./sampler.ts";
import { type Result, Samples } from "./samples.ts";

/** Calls in a round: a sync takes as long as the disk does, so there are few where each waits for its own. */
const cases = [
  { durability: "buffered", callers: 1, calls: 2000 },
  { durability: "buffered", callers: 64, calls: 2000 },
  { durability: "fsync", callers: 1, calls: 100 },
  { durability: "fsync", callers: 64, calls: 2000 },
] as const;

const rounds = 5;

/**
 * Measures decisions and settlements whose receipts go to a file, from one caller and from 64 at once, beside
 * a bare loop that writes and syncs the same bytes.
 */
export async function measureFileLogs(): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  const subjects = cases.map((each) => new FileCase(folder, each));
  try {
    const bare = new BareWrites(join(folder, "bare"), await receiptLine());
    for (const subject of subjects) await subject.round(true);
    for (let round = 0; round < rounds; round++) {
      bare.round();
      for (const subject of subjects) await subject.round(false);
    }
    return [bare.end(), ...subjects.flatMap((subject) => subject.results())];
  } finally {
    for (const subject of subjects) await subject.gate.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Case = (typeof cases)[number];

/** One way to write receipts, by so many callers. */
class FileCase {
  readonly #case: Case;
  readonly #measured: MeasuredGate;
  readonly #decide: Samples;
  readonly #settle: Samples;

  constructor(folder: string, each: Case) {
    const name = `file_${each.durability}_${each.callers}`;
    this.#case = each;
    this.#measured = measuredGate({
      log: fileLog(join(folder, `${name}.jsonl`), { durability: each.durability }),
    });
    this.#decide = new Samples(`decide_${name}`, each.calls * rounds);
    this.#settle = new Samples(`settle_${name}`, each.calls * rounds);
  }

  get gate(): MeasuredGate["gate"] {
    return this.#measured.gate;
  }

  /** Decides, then settles what was decided; one after the other, as each shares its writes with its like. */
  async round(warmUp: boolean): Promise<void> {
    const { callers, calls } = this.#case;
    const { decide } = this.#measured;
    const [decided, settled] = warmUp
      ? [new Samples("", calls), new Samples("", calls)]
      : [this.#decide, this.#settle];
    const permits: Permit[] = [];
    await callTogether(callers, calls, async () => permits.push(await decide(toolCall)), decided);
    await callTogether(callers, calls, () => permits.pop()?.settle(), settled);
  }

  results(): readonly Result[] {
    return [this.#decide.result(), this.#settle.result()];
  }
}

/** What the disk alone costs: each receipt's bytes written and synced before the next. */
class BareWrites {
  readonly #file: number;
  readonly #line: Uint8Array;
  readonly #samples: Samples;
  readonly #calls = 100;

  constructor(path: string, line: Uint8Array) {
    this.#file = openSync(path, "w");
    this.#line = line;
    this.#samples = new Samples("write_fdatasync", this.#calls * rounds);
  }

  round(): void {
    for (let call = 0; call < this.#calls; call++) {
      const start = performance.now();
      writeSync(this.#file, this.#line);
      fdatasyncSync(this.#file);
      this.#samples.add(performance.now() - start);
    }
  }

  end(): Result {
    closeSync(this.#file);
    return this.#samples.result();
  }
}

async function receiptLine(): Promise<Uint8Array> {
  const { decide, gate } = measuredGate();
  const permit = await decide(toolCall);
  await permit.settle();
  await gate.close();
  return Buffer.from(`${JSON.stringify(permit.decision.receipt)}\n`);
}
