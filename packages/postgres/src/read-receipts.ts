import type { Receipt, ReceiptQuery } from "@tollgate/core";
import { StorageFailed } from "@tollgate/core";
import { readTime } from "@tollgate/core/driver";
import type { Database } from "./database.ts";
import { checkText } from "./holds.ts";

/** How many receipts are fetched at once. */
const pageSize = 500;

/** Reads receipts in the order of appending, page by page, up to what was stored when it began. */
export async function* readReceipts(
  database: Database,
  query: ReceiptQuery,
): AsyncGenerator<Receipt, void, void> {
  const times = { from: readTime(query.from, "from"), until: readTime(query.until, "until") };
  const {
    rows: [end],
  } = await database.ask({
    text: "SELECT coalesce(max(r.position), 0) AS position FROM tollgate.receipts r",
    values: [],
    repeatable: true,
  });
  // Places are those in the chain where there is one: its receipts are found by them.
  const place = query.chain === undefined ? "position" : "seq";
  for (let last = "-1"; ; ) {
    const { rows } = await database.ask({
      ...pageOf({ ...query, ...times }, place, last, end?.position ?? "0"),
      repeatable: true,
    });
    for (const row of rows) {
      last = row[place] ?? last;
      yield parse(row.receipt ?? "", `${row.chain} ${row.seq}`);
    }
    if (rows.length < pageSize) return;
  }
}

/** A query whose times were read, in epoch milliseconds. */
type Page = Omit<ReceiptQuery, "from" | "until"> & {
  readonly from: number | undefined;
  readonly until: number | undefined;
};

/** The receipts after the place `last`, as many as a page has. */
function pageOf(
  { chain, run, subject, from, until }: Page,
  place: "position" | "seq",
  last: string,
  end: string,
): { readonly text: string; readonly values: unknown[] } {
  const values: unknown[] = [];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [`r.position <= ${given(end)}`, `r.${place} > ${given(last)}`];
  let ofChain = "";
  if (chain !== undefined) {
    checkText(chain);
    const name = given(chain);
    conditions.push(`r.chain = ${name}`);
    ofChain = ` AND d.chain = ${name}`;
  }
  // A settlement names neither run nor subject: it is found by its decision.
  if (run !== undefined) {
    checkText(run);
    const name = given(run);
    conditions.push(`r.position IN (
      SELECT e.position FROM tollgate.receipts e WHERE e.run = ${name}
      UNION ALL SELECT s.position FROM tollgate.receipts d
        JOIN tollgate.receipts s ON s.ref = d.ref AND s.type = 'settlement'
        WHERE d.run = ${name} AND d.type = 'decision'${ofChain})`);
  }
  if (subject !== undefined) {
    const fields = `${given(JSON.stringify(subject))}::jsonb`;
    conditions.push(`(r.subject @> ${fields} OR r.type = 'settlement' AND EXISTS (
      SELECT FROM tollgate.receipts d
      WHERE d.ref = r.ref AND d.type = 'decision' AND d.subject @> ${fields}${ofChain}))`);
  }
  if (from !== undefined) conditions.push(`r.time >= ${given(timestamp(from))}`);
  if (until !== undefined) conditions.push(`r.time < ${given(timestamp(until))}`);
  const text = `SELECT r.position, r.chain, r.seq, r.receipt FROM tollgate.receipts r
    WHERE ${conditions.join(" AND ")} ORDER BY r.${place} LIMIT ${pageSize}`;
  return { text, values };
}

/** As PostgreSQL reads it; receipts' times have years of four digits, and others stand before or after all of them. */
function timestamp(time: number): string {
  const [first, last] = [Date.UTC(1, 0), Date.UTC(10_000, 0) - 1];
  return new Date(Math.min(Math.max(time, first), last)).toISOString();
}

function parse(json: string, where: string): Receipt {
  try {
    return JSON.parse(json) as Receipt;
  } catch (cause) {
    throw new StorageFailed(`the receipt ${where} in PostgreSQL is no JSON`, { cause });
  }
}
