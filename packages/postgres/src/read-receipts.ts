import type { Receipt, ReceiptQuery } from "@tollgate/core";
import { StorageFailed } from "@tollgate/core";
import { readTime } from "@tollgate/core/driver";
import type { Database, Row } from "./database.ts";
import { isKeepable } from "./holds.ts";
import { findPlaces } from "./receipt-places.ts";

/** How many receipts are fetched at once. */
const pageSize = 500;

/** How many places of receipts that match are looked up at once. */
const placesSize = 100_000;

/** Reads receipts in the order of appending, page by page, up to what was stored when it began. */
export async function* readReceipts(
  database: Database,
  query: ReceiptQuery,
): AsyncGenerator<Receipt, void, void> {
  const from = readTime(query.from, "from");
  const until = readTime(query.until, "until");
  if (!namesOf(query).every(isKeepable)) return;
  const ask = async (text: string, values: unknown[]) =>
    (await database.ask({ text, values, repeatable: true })).rows;
  const [newest] = await ask("SELECT coalesce(max(r.position), 0) AS position FROM tollgate.receipts r", []);
  const end = newest?.position ?? "0";
  // Places are those in the chain where there is one: its receipts are found by them.
  const place = query.chain === undefined ? "position" : "seq";
  const chain = query.chain ?? null;
  const columns = "SELECT r.position, r.chain, r.seq, r.receipt FROM tollgate.receipts r";
  const ofChain = chain === null ? "$1::text IS NULL" : "r.chain = $1";
  const isPlain = [query.run, query.subject, from, until].every((filter) => filter === undefined);
  for (let last = "-1"; ; ) {
    if (isPlain) {
      const rows = await ask(
        `${columns} WHERE ${ofChain} AND r.position <= $2 AND r.${place} > $3 ORDER BY r.${place} LIMIT $4`,
        [chain, end, last, pageSize],
      );
      yield* receiptsOf(rows);
      if (rows.length < pageSize) return;
      last = rows.at(-1)?.[place] ?? last;
      continue;
    }
    // What matches is found by other indexes than what it is read by: once for many pages.
    const found = await findPlaces(ask, { ...query, from, until }, { place, last, end, limit: placesSize });
    for (let at = 0; at < found.length; at += pageSize) {
      yield* receiptsOf(
        await ask(`${columns} WHERE ${ofChain} AND r.${place} = ANY ($2::bigint[]) ORDER BY r.${place}`, [
          chain,
          found.slice(at, at + pageSize),
        ]),
      );
    }
    if (found.length < placesSize) return;
    last = found.at(-1) ?? last;
  }
}

/** The texts that receipts are to be found by. */
function namesOf({ chain = "", run = "", subject = {} }: ReceiptQuery): readonly string[] {
  const texts = Object.entries(subject).flat();
  return [chain, run, ...texts.filter((text) => typeof text === "string")];
}

function* receiptsOf(rows: readonly Row[]): Generator<Receipt, void, void> {
  for (const { chain, seq, receipt } of rows) {
    let read: Receipt;
    try {
      read = JSON.parse(receipt ?? "") as Receipt;
    } catch (cause) {
      throw new StorageFailed(`the receipt ${chain} ${seq} in PostgreSQL is no JSON`, { cause });
    }
    yield read;
  }
}
