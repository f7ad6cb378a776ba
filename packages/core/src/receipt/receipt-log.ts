import type { Subject } from "../action/subject.ts";
import type { Awaitable } from "../awaitable.ts";
import type { Receipt } from "./receipt.ts";

/** A receipt with its canonical text and digest, computed once. */
export interface SealedReceipt {
  readonly receipt: Receipt;
  /** The receipt's RFC 8785 form: one line, no line break. */
  readonly json: string;
  /** `sha256:` and hex over `json`; the next receipt's `prev`. */
  readonly digest: string;
}

/** Where a chain ends. */
export interface ChainHead {
  readonly chain: string;
  readonly seq: number;
  /** The digest of the last receipt. */
  readonly digest: string;
  /** Its time, RFC 3339. */
  readonly time: string;
  /** The key that the chain goes on under: the signer's, or the one that a `key` receipt names. */
  readonly kid: string;
  /** True when the last receipt is a `close`: nothing may follow it. */
  readonly closed: boolean;
}

/**
 * Which receipts to read; an absent member matches all, and a receipt has to match every member given.
 *
 * How a decision ended is found by its decision: by run and subject, and in the same chain where one is given.
 */
export interface ReceiptQuery {
  readonly chain?: string;
  readonly run?: string;
  /** On whose behalf: every field given has to be the same. Finds decisions, and how each ended. */
  readonly subject?: Subject;
  /** Not before this time; RFC 3339 or epoch milliseconds. */
  readonly from?: string | number;
  /** Before this time. */
  readonly until?: string | number;
}

/**
 * Where receipts live.
 *
 * `append` answers (or resolves) only when the receipt is durable; appends arrive in chain order and are
 * stored in it. When one fails it and every append waiting behind it must fail, and none of them may be
 * found by `read` or `head` later.
 */
export interface ReceiptLog {
  append(entry: SealedReceipt): Awaitable<void>;
  /** In the order of appending. @throws InvalidConfig, before anything is read, for a time that is none */
  read(query?: ReceiptQuery): AsyncIterable<Receipt>;
  /** The last receipt of a chain, or null when the log has none. */
  head(chain: string): Awaitable<ChainHead | null>;
  /**
   * The last receipt of every chain, in any order; for checkpoints, which name them.
   *
   * @default nobody knows: checkpoints then speak of their own chain only
   */
  heads?(): Awaitable<readonly ChainHead[]>;
  close?(): Awaitable<void>;
}
