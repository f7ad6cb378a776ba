import type { ReceiptQuery } from "@tollgate/core";
import type { Row } from "./database.ts";

/** A query whose times were read, in epoch milliseconds. */
export type PlacesQuery = Omit<ReceiptQuery, "from" | "until"> & {
  readonly from: number | undefined;
  readonly until: number | undefined;
};

/** Which part of what matches. */
export interface PlacesRange {
  /** What a place is: that in the log, or that in the chain. */
  readonly place: "position" | "seq";
  /** The place after which to look. */
  readonly last: string;
  /** The position up to which to look. */
  readonly end: string;
  readonly limit: number;
}

/** The places of receipts that match, in order; the query's names are such as the database can keep. */
export async function findPlaces(
  ask: (text: string, values: unknown[]) => Promise<readonly Row[]>,
  { chain, run, subject, from, until }: PlacesQuery,
  { place, last, end, limit }: PlacesRange,
): Promise<readonly string[]> {
  const values: unknown[] = [];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const ofDecision: string[] = [];
  const ofReceipt: string[] = [];
  let ofChain = "";
  if (chain !== undefined) {
    const name = given(chain);
    ofReceipt.push(`r.chain = ${name}`);
    ofChain = `AND d.chain = ${name}`;
  }
  if (run !== undefined) ofDecision.push(`r.run = ${given(run)}`);
  if (subject !== undefined) ofDecision.push(`r.subject @> ${given(JSON.stringify(subject))}::jsonb`);
  if (from !== undefined) ofReceipt.push(`r.time >= ${given(timestamp(from))}`);
  if (until !== undefined) ofReceipt.push(`r.time < ${given(timestamp(until))}`);
  const columns = "r.position, r.chain, r.seq, r.time";
  const matching = (conditions: readonly string[]) => `WHERE ${["true", ...conditions].join(" AND ")}`;
  // What is found by an index is found first, whatever statistics say: they lag behind. A settlement names neither run
  // nor subject, and is found by its decision.
  const found =
    ofDecision.length === 0
      ? `SELECT ${columns} FROM tollgate.receipts r ${matching(ofReceipt)}`
      : `WITH direct AS MATERIALIZED (
          SELECT ${columns}, r.ref, r.type FROM tollgate.receipts r ${matching(ofDecision)}
        )
        SELECT ${columns} FROM direct r ${matching(ofReceipt)}
        UNION SELECT ${columns} FROM (
          SELECT DISTINCT d.ref FROM direct d WHERE d.type = 'decision' ${ofChain}
        ) AS d CROSS JOIN LATERAL (
          SELECT * FROM tollgate.receipts s WHERE s.ref = d.ref AND s.type = 'settlement' OFFSET 0
        ) AS r ${matching(ofReceipt)}`;
  const rows = await ask(
    `SELECT f.${place} AS place FROM (${found} OFFSET 0) AS f
      WHERE f.position <= ${given(end)} AND f.${place} > ${given(last)} ORDER BY f.${place} LIMIT ${given(limit)}`,
    values,
  );
  return rows.map((row) => row.place ?? "");
}

/** As PostgreSQL reads it; receipts' times have years of four digits, and others stand before or after all of them. */
function timestamp(time: number): string {
  const [first, last] = [Date.parse("0001-01-01T00:00:00Z"), Date.UTC(10_000, 0) - 1];
  return new Date(Math.min(Math.max(time, first), last)).toISOString();
}
