import type { StatementSync } from "node:sqlite";
import type { UsageSource } from "@tollgate/core";
import type { OpenFile } from "./open-file.ts";

/** An ending that is booked, but has no receipt: its process died in between. */
export interface UnreceiptedEnding {
  /** The reservation, which is also its decision's receipt. */
  readonly id: string;
  readonly key: string;
  readonly outcome: "settled" | "released" | "expired";
  /** What was booked for each claim, in the order of the decision receipt's claims; empty unless settled. */
  readonly actuals: readonly bigint[];
  /** Null unless settled. */
  readonly source: UsageSource | null;
  /** True when it settled after it had expired. */
  readonly late: boolean;
  /** When it was booked, in epoch milliseconds. */
  readonly endedAt: number;
}

/** How many rows are looked at in one go. */
const pageRows = 1000;

/** What is kept of a settlement besides that it was. */
export function settledText(source: UsageSource, actuals: readonly bigint[]): string {
  return `${source} ${actuals.join(",")}`;
}

/** Finds endings without a receipt among those whose decision's receipt is in the same file; looks at all. */
export class UnreceiptedEndings {
  readonly #file: OpenFile;
  readonly #page: StatementSync;

  constructor(file: OpenFile) {
    this.#file = file;
    // A settlement that followed an expiry is the second one of its reservation.
    this.#page = file.database.prepare(
      `SELECT key, id, state, at, data,
         (SELECT count(*) FROM receipts WHERE hold = ended.id AND run IS NOT NULL) AS decisions,
         (SELECT count(*) FROM receipts WHERE hold = ended.id AND run IS NULL) AS endings,
         (SELECT max(json ->> '$.body.outcome' = 'settled') FROM receipts WHERE hold = ended.id) AS settled
       FROM ended WHERE key > ? AND state <> 'refused' ORDER BY key LIMIT ?`,
    );
  }

  async *find(): AsyncGenerator<UnreceiptedEnding> {
    for (let last: string | null = ""; last !== null; ) {
      const after: string = last;
      const rows = await this.#file.read(() => this.#page.all(after, pageRows) as EndingRow[]);
      for (const row of rows) if (isUnreceipted(row)) yield endingOf(row);
      last = rows.length < pageRows ? null : (rows.at(-1)?.key ?? null);
    }
  }
}

type EndingRow = {
  readonly key: string;
  readonly id: string;
  readonly state: "settled" | "late" | "released" | "expired";
  readonly at: number;
  readonly data: string | null;
  readonly decisions: number;
  readonly endings: number;
  readonly settled: number | null;
};

function isUnreceipted({ state, decisions, endings, settled }: EndingRow): boolean {
  if (decisions === 0) return false;
  return state === "late" ? settled !== 1 : endings === 0;
}

function endingOf({ key, id, state, at, data }: EndingRow): UnreceiptedEnding {
  const isSettled = state === "settled" || state === "late";
  const [source = "", actuals = ""] = isSettled ? (data ?? "").split(" ") : [];
  return {
    id,
    key,
    outcome: isSettled ? "settled" : state,
    actuals: actuals === "" ? [] : actuals.split(",").map(BigInt),
    source: source === "reported" || source === "estimated" ? source : null,
    late: state === "late",
    endedAt: at,
  };
}
