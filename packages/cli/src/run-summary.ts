import { type DecidedReceipt, letsThrough } from "@tollgate/core/export";
import type { DecisionBody, SettlementBody } from "@tollgate/core/verify";

/** What one agent run came to; a child run counts towards its topmost one. */
export interface RunSummary {
  readonly run: string;
  /** On whose behalf, as its first decision says. */
  readonly subject: Readonly<Record<string, unknown>>;
  readonly chain: string;
  /** When it began and when it was last heard of, RFC 3339. */
  readonly first: string;
  readonly last: string;
  readonly decisions: number;
  readonly refused: number;
  /** How many were let through and have no end on record. */
  readonly open: number;
  /** Nano-dollars. */
  readonly booked: bigint;
  /** Why it was stopped; null while it was not. */
  readonly stopped: string | null;
}

/** Sums up runs as receipts go by in order. Memory grows with the runs and their open decisions. */
export class RunSummaries {
  readonly #runs = new Map<string, RunSummary>();
  /** The topmost run of each child. */
  readonly #roots = new Map<string, string>();
  /** The runs of what is open, by reservation. */
  readonly #open = new Map<string, string>();

  /** Every run, in the order of their first receipt. */
  list(): readonly RunSummary[] {
    const open = new Map<string, number>();
    for (const run of this.#open.values()) open.set(run, (open.get(run) ?? 0) + 1);
    return [...this.#runs.values()].map((run) => ({ ...run, open: open.get(run.run) ?? 0 }));
  }

  /** Takes the next receipt, and answers the topmost run that it belongs to; null when to none. */
  add(decided: DecidedReceipt): string | null {
    const { body } = decided.receipt;
    const run = this.#runOf(decided);
    if (run === null) return null;
    const before = this.#runs.get(run) ?? startOf(run, decided);
    const after = { ...before, last: body.time };
    switch (body.type) {
      case "decision":
        if (letsThrough(body)) this.#open.set(body.reservation ?? body.id, run);
        this.#runs.set(run, withDecision(after, body));
        break;
      case "settlement":
        this.#open.delete(body.reservation ?? body.decision);
        this.#runs.set(run, withSettlement(after, body));
        break;
      case "stop":
        this.#runs.set(run, { ...after, stopped: body.reason });
        break;
      default:
        this.#runs.set(run, after);
    }
    return run;
  }

  #runOf({ receipt: { body }, decision }: DecidedReceipt): string | null {
    if (decision !== null) {
      const { run, root = run } = decision.action;
      if (root !== run) this.#roots.set(run, root);
      return root;
    }
    const run = body.type === "approval" || body.type === "stop" ? (body.run ?? null) : null;
    return run === null ? null : (this.#roots.get(run) ?? run);
  }
}

function startOf(run: string, { receipt: { body }, decision }: DecidedReceipt): RunSummary {
  return {
    run,
    subject: decision?.action.subject ?? {},
    chain: body.chain,
    first: body.time,
    last: body.time,
    decisions: 0,
    refused: 0,
    open: 0,
    booked: 0n,
    stopped: null,
  };
}

function withDecision(run: RunSummary, body: DecisionBody): RunSummary {
  return {
    ...run,
    subject: run.decisions === 0 ? body.action.subject : run.subject,
    decisions: run.decisions + 1,
    refused: run.refused + (letsThrough(body) ? 0 : 1),
    stopped: body.decision.terminal && run.stopped === null ? body.decision.reason : run.stopped,
  };
}

function withSettlement(run: RunSummary, { amounts }: SettlementBody): RunSummary {
  let usd = 0n;
  for (const { unit, amount } of amounts) if (unit === "usd") usd += BigInt(amount);
  return { ...run, booked: run.booked + usd };
}
