import type { DatabaseSync } from "node:sqlite";

/** Which receipts to look at; an absent member matches all. */
export interface ReceiptRange {
  readonly chain: string | undefined;
  readonly run: string | undefined;
  /** Both in epoch milliseconds; the last one is outside. */
  readonly from: number | undefined;
  readonly until: number | undefined;
}

/** Answers the next receipts of a range as JSON, in order, and none when there are no more. */
export type NextPage = (count: number) => readonly string[];

/**
 * Begins to read what is in the file now; receipts that come later are not shown.
 *
 * Each page is read on its own, so that a slow reader holds nothing up. Everything is read in order, and one chain
 * by its index; of a run, or of a time in all chains, the places are looked up first (8 bytes each).
 */
export function openPages(database: DatabaseSync, range: ReceiptRange): NextPage {
  const upTo = database.prepare("SELECT max(position) AS last FROM receipts").get()?.last;
  if (typeof upTo !== "number") return () => [];
  const { chain, run, from = -earliest, until = earliest } = range;
  if (run !== undefined) return pagesAt(database, placesOfRun(database, run, upTo));
  if (chain !== undefined) return pagesOfChain(database, chain, { from, until, upTo });
  if (range.from === undefined && range.until === undefined) return pagesOfAll(database, upTo);
  return pagesAt(database, placesInTime(database, { from, until, upTo }));
}

/** Beyond all times that a date can have. */
const earliest = 8.64e15 + 1;

interface Span {
  readonly from: number;
  readonly until: number;
  /** The last position that counts. */
  readonly upTo: number;
}

function pagesOfAll(database: DatabaseSync, upTo: number): NextPage {
  const next = database.prepare(
    "SELECT position, json FROM receipts WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
  );
  let after = 0;
  return (count) => {
    const rows = next.all(after, upTo, count);
    after = (rows.at(-1)?.position as number | undefined) ?? upTo;
    return rows.map(({ json }) => json as string);
  };
}

/** A chain's times never go back, so that their order is the chain's. */
function pagesOfChain(database: DatabaseSync, chain: string, { from, until, upTo }: Span): NextPage {
  const next = database.prepare(
    `SELECT position, time, json FROM receipts
     WHERE chain = (SELECT number FROM chains WHERE name = ?)
       AND time >= ? AND time < ? AND position <= ? AND (time > ? OR position > ?)
     ORDER BY time, position LIMIT ?`,
  );
  let last: { readonly time: number; readonly position: number } = { time: from, position: 0 };
  return (count) => {
    const rows = next.all(chain, last.time, until, upTo, last.time, last.position, count);
    last = (rows.at(-1) as { time: number; position: number } | undefined) ?? last;
    return rows.map(({ json }) => json as string);
  };
}

function pagesAt(database: DatabaseSync, places: readonly number[]): NextPage {
  const one = database.prepare("SELECT json FROM receipts WHERE position = ?");
  let done = 0;
  return (count) => {
    const page = places.slice(done, done + count);
    done += page.length;
    return page.flatMap((place) => (one.get(place)?.json as string | undefined) ?? []);
  };
}

/** A settlement names no run: it is found by what its run's decisions held. */
function placesOfRun(database: DatabaseSync, run: string, upTo: number): readonly number[] {
  const places = database.prepare(
    `SELECT position FROM receipts WHERE run = ? AND position <= ?
     UNION SELECT ends.position FROM receipts AS decided JOIN receipts AS ends ON ends.hold = decided.hold
     WHERE decided.run = ? AND ends.position <= ? ORDER BY 1`,
  );
  return places.all(run, upTo, run, upTo).map(({ position }) => position as number);
}

function placesInTime(database: DatabaseSync, { from, until, upTo }: Span): readonly number[] {
  const places = database.prepare(
    `SELECT position FROM receipts
     WHERE chain IN (SELECT number FROM chains) AND time >= ? AND time < ? AND position <= ? ORDER BY position`,
  );
  return places.all(from, until, upTo).map(({ position }) => position as number);
}
