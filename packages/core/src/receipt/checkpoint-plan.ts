import type { Awaitable } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import type { ReceiptChain, ReceiptContent } from "./chain.ts";
import type { ReceiptLog } from "./receipt-log.ts";
import type { Signer } from "./signer.ts";

/** What a gate lends to whoever follows its chain. */
export interface FollowedChain {
  /** Not written yet; every signer but the first is admitted later. */
  readonly chain: ReceiptChain;
  readonly signer: Signer;
  readonly log: ReceiptLog;
  readonly clock: Clock;
  /** Waits for the log's answer, but not for ever. */
  readonly inTime: <T>(who: string, answer: Awaitable<T>) => Awaitable<T>;
  /** Writes a receipt in chain order, sealing it when its turn comes; rejects or throws when that failed. */
  readonly write: (content: ReceiptContent) => Awaitable<unknown>;
  /** Tells of a failure that no caller sees. */
  readonly report: (failure: { readonly during: "checkpoint"; readonly cause: unknown }) => void;
}

/** When a chain gets checkpoints: made by `checkpoints()` of `@tollgate/core/signing`. */
export interface CheckpointPlan {
  /** The chain for the gate to write, in place of the one lent; its `finish` writes the last checkpoint. */
  follow(parts: FollowedChain): ReceiptChain;
}
