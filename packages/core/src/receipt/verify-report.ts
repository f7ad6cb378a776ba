/**
 * What a verifier can say of a stream of receipts.
 *
 * - `authentic`: unbroken, and every key was trusted or endorsed by a trusted one.
 * - `bound`: unbroken, but nobody said which keys to trust: whoever wrote it may have written all of it.
 * - `broken`: some receipt does not hold; see the break.
 */
export type Verdict = "authentic" | "bound" | "broken";

/** Why a receipt does not hold, as a closed set. */
export type BreakReason =
  /** There is not one receipt: an emptied log proves nothing. */
  | "empty"
  /** Not UTF-8, or not JSON. */
  | "not_json"
  | "unknown_version"
  | "unknown_type"
  /** A field is missing, unknown or of the wrong form. */
  | "malformed"
  /** The text is not the canonical form of what it says. */
  | "not_canonical"
  /** Receipts before this one are missing. */
  | "sequence_gap"
  /** The sequence number was there before, with the same receipt or with one that the chain's keys did not sign. */
  | "sequence_repeat"
  /** Another history: two receipts for one place, or one that is not the receipt which somebody saw there. */
  | "fork"
  /** `prev` is not the digest of the receipt before. */
  | "previous_digest"
  /** The first receipt is not the chain's own key. */
  | "missing_key"
  /** The chain starts with a key that is neither trusted nor endorsed by a trusted one. */
  | "untrusted_key"
  /** Signed by another key than the chain's. */
  | "unknown_key"
  /** A key whose `kid` is not its thumbprint, or that no signature should be trusted under. */
  | "bad_key"
  /** An endorsement that is not one of the key, not for the chain, or not signed by the root that it names. */
  | "bad_endorsement"
  /** Signed before the endorsement of its key begins or after it ends. */
  | "expired_key"
  /** Signed by a key that was revoked, or whose trust rests on a root that was. */
  | "revoked_key"
  | "bad_signature"
  /** Its time is before that of a receipt before it. */
  | "time_backwards"
  | "after_close"
  /** A decision id that is still open was used again. */
  | "decision_repeated"
  /** A settlement of a decision that is unknown, let nothing through, or has ended. */
  | "no_open_decision"
  /** A settlement that contradicts its decision. */
  | "settlement_mismatch"
  /** A settlement that booked more than was held without saying so, or another overage than there was. */
  | "unexplained_amount"
  /** A checkpoint that is not one of the receipts before it, or whose note is not signed by the chain's key. */
  | "bad_checkpoint"
  /**
   * The chain ends before a receipt that somebody saw, without a `close` that was asked for, or before the checkpoint
   * that has to follow where its beginning was dropped.
   */
  | "missing_tail"
  /** A chain that somebody saw is not there at all. */
  | "missing_chain";

/** The first receipt that does not hold, or where one is missing at the end. */
export interface Break {
  readonly reason: BreakReason;
  /** Its position in the input, from 0: in a file, the line number less 1. At the end: how many there are. */
  readonly index: number;
  /** The chain it claims to belong to, or must, where only one was seen; null when nobody can say. */
  readonly chain: string | null;
  /** The sequence number at which that chain breaks; null with the chain. */
  readonly seq: number | null;
  /** What is wrong, for a person. */
  readonly message: string;
}

/** One chain, as far as it was verified. */
export interface ChainSummary {
  readonly chain: string;
  /** How many receipts of it came. */
  readonly receipts: number;
  /** The sequence number from which on no receipt is missing: 0 unless the chain's beginning was dropped. */
  readonly from: number;
  /** The last sequence number and its digest: keep them elsewhere to notice a cut tail later. */
  readonly seq: number;
  readonly digest: string;
  readonly time: string;
  /** The keys that signed, in order, by thumbprint. */
  readonly kids: readonly string[];
  /** True when its last receipt is a `close`; false may mean that the chain goes on, or that its end was cut off. */
  readonly closed: boolean;
  /** `sha256:` and hex of the RFC 6962 root over all its receipts; null where some were dropped. */
  readonly root: string | null;
  /** How many of its receipts the last checkpoint covers; 0 without one. */
  readonly covered: number;
}

/** What `verifyChain` answers. */
export interface VerifyReport {
  readonly verdict: Verdict;
  /** How many receipts held. */
  readonly receipts: number;
  readonly chains: readonly ChainSummary[];
  /** How many decisions let something through whose end is in no receipt. */
  readonly open: number;
  /** Null unless the verdict is `broken`. */
  readonly break: Break | null;
}

/** What is wrong with one receipt. */
export interface Flaw {
  readonly reason: BreakReason;
  readonly message: string;
}
