import type { Awaitable, Receipt, ReceiptLog, ReceiptQuery } from "@tollgate/core";

/** Where one log is kept: empty at first, and the same receipts whenever it is opened. */
export interface LogPlace {
  /** Opens the log that is kept here; a log in memory answers the same one every time. */
  open(): Awaitable<ReceiptLog>;
  /** Clears the place away; called once, after every log opened here was closed. */
  remove?(): Awaitable<void>;
}

/** Makes a place where no log was ever kept. */
export type MakeLogPlace = () => Awaitable<LogPlace>;

/** A rule that every receipt log keeps; `check` rejects with what broke it. */
export interface LogLaw {
  readonly rule: string;
  check(): Promise<void>;
}

/** A log as a law uses it. */
export interface UsedLog {
  readonly log: ReceiptLog;
  /** Closes the log and opens what is kept in its place. */
  reopen(): Promise<void>;
}

/** Uses a new log and clears it away, whatever happens. */
export async function usingLog(make: MakeLogPlace, use: (used: UsedLog) => Promise<void>): Promise<void> {
  const place = await make();
  let log = await place.open();
  try {
    await use({
      get log() {
        return log;
      },
      async reopen() {
        await log.close?.();
        log = await place.open();
      },
    });
  } finally {
    await log.close?.();
    await place.remove?.();
  }
}

/** What a log answers to a query, in its order. */
export async function readAll(log: ReceiptLog, query?: ReceiptQuery): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for await (const receipt of log.read(query)) receipts.push(receipt);
  return receipts;
}

/** Where the receipts that a log answers stand: `chain:seq`. */
export async function readPlaces(log: ReceiptLog, query?: ReceiptQuery): Promise<readonly string[]> {
  return (await readAll(log, query)).map(({ body }) => `${body.chain}:${body.seq}`);
}
