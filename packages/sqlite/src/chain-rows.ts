import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ChainHead, Receipt, SealedReceipt } from "@tollgate/core";

const head = "name, seq, digest, time, kid, closed";

/** Writes receipts, and knows where the chains that they make up end. */
export class ChainRows {
  readonly #findChain: StatementSync;
  readonly #heads: StatementSync;
  readonly #addChain: StatementSync;
  readonly #moveChain: StatementSync;
  readonly #addReceipt: StatementSync;
  readonly #hear: StatementSync;

  constructor(database: DatabaseSync) {
    this.#findChain = database.prepare(`SELECT number, ${head} FROM chains WHERE name = ?`);
    this.#heads = database.prepare(`SELECT ${head} FROM chains ORDER BY name`);
    this.#addChain = database.prepare(
      "INSERT INTO chains (name, seq, digest, time, kid, closed) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#moveChain = database.prepare(
      "UPDATE chains SET seq = ?, digest = ?, time = ?, kid = ?, closed = ? WHERE number = ?",
    );
    this.#addReceipt = database.prepare(
      "INSERT INTO receipts (chain, time, run, hold, json) VALUES (?, ?, ?, ?, ?)",
    );
    // An expiry's receipt is not that of the late settlement which has followed it.
    this.#hear = database.prepare(
      `DELETE FROM watched WHERE id = ? AND NOT (? = 'expired' AND EXISTS (
         SELECT 1 FROM ended WHERE ended.key = watched.key AND state = 'late'))`,
    );
  }

  /** Where a chain ends, with its number; null when it has no receipts. */
  head(chain: string): { readonly number: number; readonly head: ChainHead } | null {
    const row = this.#findChain.get(chain);
    return row === undefined ? null : { number: row.number as number, head: headOf(row) };
  }

  heads(): readonly ChainHead[] {
    return this.#heads.all().map(headOf);
  }

  /** Adds a receipt that follows; `number` is its chain's, null for one that begins. */
  add({ receipt, json }: SealedReceipt, next: ChainHead, number: number | null): void {
    const { chain, seq, digest, time, kid, closed } = next;
    const end = [seq, digest, time, kid, closed ? 1 : 0] as const;
    let own = number;
    if (own === null) own = Number(this.#addChain.run(chain, ...end).lastInsertRowid);
    else this.#moveChain.run(...end, own);
    const { run, hold } = aboutOf(receipt);
    this.#addReceipt.run(own, Date.parse(time), run, hold, json);
    if (receipt.body.type === "settlement") this.#hear.run(hold, receipt.body.outcome);
  }
}

function headOf(row: Record<string, unknown>): ChainHead {
  return {
    chain: row.name as string,
    seq: row.seq as number,
    digest: row.digest as string,
    time: row.time as string,
    kid: row.kid as string,
    closed: row.closed === 1,
  };
}

/** What a receipt is found by besides its chain and time: its run, and the reservation (or decision) it is about. */
function aboutOf({ body }: Receipt): { readonly run: string | null; readonly hold: string | null } {
  switch (body.type) {
    case "decision":
      return { run: body.action.run, hold: body.reservation ?? body.id };
    case "settlement":
      return { run: null, hold: body.reservation ?? body.decision };
    case "approval":
    case "stop":
      return { run: body.run ?? null, hold: null };
    default:
      return { run: null, hold: null };
  }
}
