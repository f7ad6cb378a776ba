import type { JsonObject } from "../codec/json.ts";

/** An Ed25519 public key as a JSON Web Key (RFC 8037). */
export interface PublicJwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  /** The 32 bytes of the key in base64url. */
  readonly x: string;
}

/** What every receipt body has. */
export interface ReceiptHeader {
  readonly v: 1;
  /** A UUIDv7. */
  readonly id: string;
  /** The chain that the receipt belongs to. */
  readonly chain: string;
  /** Counts from 0 without gaps. */
  readonly seq: number;
  /** `sha256:` and hex over the canonical form of the whole previous receipt; null for the first. */
  readonly prev: string | null;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
}

/** The action that was judged, without its content. */
export interface ReceiptAction {
  readonly digest: string;
  readonly kind: string;
  readonly name: string;
  readonly provider?: string;
  readonly subject: JsonObject;
  readonly run: string;
  /** The topmost run, where the run is a child. */
  readonly root?: string;
  readonly step?: number;
  readonly attempt?: number;
  /** The parameters' RFC 8785 text; only where the gate was asked to keep them. */
  readonly params?: string;
}

/** One budget's part of what was held; `amount` is a decimal string in the unit. */
export interface ReceiptClaim {
  readonly budget: string;
  readonly partition: string;
  readonly window: string;
  readonly unit: string;
  readonly amount: string;
}

/** A limit that the action did not fit into: what it asked for, and what stood against it. */
export interface ReceiptExceeded extends ReceiptClaim {
  readonly limit: string;
  readonly spent: string;
  readonly held: string;
}

/** Which price was used; rates are decimal strings in nano-dollars per million tokens. */
export interface ReceiptPrice {
  readonly catalog: string;
  readonly model: string;
  readonly rates: JsonObject;
}

/** What was decided about one action. */
export interface DecisionBody extends ReceiptHeader {
  readonly type: "decision";
  readonly action: ReceiptAction;
  readonly decision: {
    readonly outcome: string;
    readonly terminal: boolean;
    readonly mode: "enforce" | "shadow";
    readonly code: string;
    readonly reason: string;
    readonly rules: readonly string[];
    readonly evaluators: readonly string[];
    /** Digest of the policy in force, where there is one. */
    readonly policy: string | null;
    /** Present when the gate could not decide and was told to fail open. */
    readonly failure?: string;
  };
  /** What is held: empty unless the action was let through. */
  readonly claims: readonly ReceiptClaim[];
  readonly price: ReceiptPrice | null;
  readonly reservation: string | null;
  /** The limits that refused it (or would have, in shadow mode). */
  readonly exceeded?: readonly ReceiptExceeded[];
  /** The digest of the action as enforced, where a degrade rewrote it. */
  readonly enforced?: string;
  /** The model or tool as enforced, where a degrade changed it. */
  readonly replaced?: string;
  /** The approval that this decision asked for or used up. */
  readonly approval?: string;
}

/** How an allowed action ended. */
export interface SettlementBody extends ReceiptHeader {
  readonly type: "settlement";
  /** The id of the decision receipt. */
  readonly decision: string;
  readonly reservation: string | null;
  readonly outcome: "settled" | "released" | "expired";
  readonly reason?: string;
  /** What was booked, by unit; empty unless settled. Amounts are decimal strings. */
  readonly amounts: readonly { readonly unit: string; readonly amount: string }[];
  readonly usage?: JsonObject;
  readonly source?: "reported" | "estimated";
  /** What went beyond the reservation; empty or absent when nothing did. */
  readonly overage?: readonly ReceiptClaim[];
  /** True when it settled after it had expired. */
  readonly late?: boolean;
}

/** A step in the life of an approval. */
export interface ApprovalBody extends ReceiptHeader {
  readonly type: "approval";
  readonly approval: string;
  readonly status: "requested" | "granted" | "denied" | "expired" | "used";
  /** Digest of the action that the approval is bound to. */
  readonly action: string;
  readonly run: string;
  readonly by?: string;
  readonly reason?: string;
}

/** A run or an agent was stopped, one of both: every later action of it is denied. An agent's stop can be lifted. */
export interface StopBody extends ReceiptHeader {
  readonly type: "stop";
  readonly run?: string;
  readonly agent?: string;
  /** The tenant that the agent is stopped in; absent: all. */
  readonly tenant?: string;
  /** True where this lifts the stop of exactly this agent and tenant: later actions are decided again. */
  readonly lifted?: true;
  /** Who stopped it by hand, or lifted the stop. */
  readonly by?: string;
  readonly reason: string;
}

/** Somebody corrected what was spent, by hand. */
export interface AdjustmentBody extends ReceiptHeader {
  readonly type: "adjustment";
  /** The id that the ledger keeps the adjustment under: several receipts of one id are of one adjustment. */
  readonly adjustment: string;
  /** Money put in, money given back, or spending that is booked or taken back; the first two are below 0. */
  readonly kind: "top_up" | "refund" | "correction";
  readonly budget: string;
  readonly partition: string;
  readonly window: string;
  readonly unit: string;
  /** What was added to what was spent: a decimal string, with a `-` where it is below 0. */
  readonly amount: string;
  /** Who adjusted. */
  readonly by: string;
  readonly reason: string;
}

/**
 * A root key's word for a signing key that lives elsewhere and shorter: receipts signed under that key count as
 * the root's from `notbefore` to `notafter`, both included.
 *
 * `sig` is base64url Ed25519 by the root key over the DSSE pre-authentication encoding of
 * `application/vnd.tollgate.endorsement.v1+json` and the RFC 8785 form of
 * `{ chain?, jwk, kid, notafter, notbefore, v: 1 }`, where `kid` and `jwk` are the endorsed key's.
 */
export interface Endorsement {
  /** RFC 7638 thumbprint of the root key. */
  readonly kid: string;
  /** The root key. */
  readonly jwk: PublicJwk;
  /** RFC 3339 in UTC with milliseconds. */
  readonly notbefore: string;
  readonly notafter: string;
  /** The only chain that it is good for; absent: any. */
  readonly chain?: string;
  readonly sig: string;
}

/** The key that signs the chain from here on; the first receipt of a chain is one, signed by itself. */
export interface KeyBody extends ReceiptHeader {
  readonly type: "key";
  readonly kid: string;
  readonly jwk: PublicJwk;
  /** Who vouches for the key, besides the key that signed this receipt. */
  readonly endorsement?: Endorsement;
}

/** Where another chain of the same log ended when a checkpoint was made. */
export interface CheckpointHead {
  readonly chain: string;
  readonly seq: number;
  /** The digest of that chain's receipt `seq`. */
  readonly digest: string;
}

/** What the chain holds so far, so that a later cut or another history of it is noticed. */
export interface CheckpointBody extends ReceiptHeader {
  readonly type: "checkpoint";
  /** How many receipts it covers: all of this chain before it, so its own `seq`. */
  readonly size: number;
  /**
   * `sha256:` and hex of the RFC 6962 Merkle tree hash whose leaves are the canonical texts of the receipts
   * covered, in order.
   */
  readonly root: string;
  /** The heads of the log's other chains, by chain name; absent where there are none or nobody knows. */
  readonly heads?: readonly CheckpointHead[];
  /**
   * base64url Ed25519 by the chain's key over the text of the same checkpoint as a C2SP signed note, so that it
   * can be exported without signing again.
   */
  readonly note?: string;
}

/** The chain's last receipt. */
export interface CloseBody extends ReceiptHeader {
  readonly type: "close";
}

/** The signed part of a receipt. */
export type ReceiptBody =
  | DecisionBody
  | SettlementBody
  | ApprovalBody
  | StopBody
  | AdjustmentBody
  | KeyBody
  | CheckpointBody
  | CloseBody;

/**
 * A signed, chained record of a decision or of how it ended.
 *
 * `sig` is base64url Ed25519 over the DSSE pre-authentication encoding of
 * `application/vnd.tollgate.receipt.v1+json` and the body's RFC 8785 form; `kid` is the signer's RFC 7638
 * thumbprint.
 */
export interface Receipt<Body extends ReceiptBody = ReceiptBody> {
  readonly body: Body;
  readonly kid: string;
  readonly sig: string;
}

/** The payload type that receipts are signed under. */
export const receiptPayloadType = "application/vnd.tollgate.receipt.v1+json";

/** The payload type that endorsements are signed under. */
export const endorsementPayloadType = "application/vnd.tollgate.endorsement.v1+json";
