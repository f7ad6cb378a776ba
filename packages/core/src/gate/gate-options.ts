import type { Subject } from "../action/subject.ts";
import type { Clock } from "../clock.ts";
import type { Evaluator } from "../evaluate/evaluator.ts";
import type { Identity } from "../identity/identity.ts";
import type { BudgetInput } from "../ledger/budget.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Stops } from "../ledger/stops.ts";
import type { ApprovalStore } from "../oversight/approval-store.ts";
import type { Approval } from "../oversight/approvals.ts";
import type { TokenCounter } from "../pricing/estimate.ts";
import type { PriceCatalog } from "../pricing/price-catalog.ts";
import type { PriceTable } from "../pricing/price-table.ts";
import type { CheckpointPlan } from "../receipt/checkpoint-plan.ts";
import type { Receipt } from "../receipt/receipt.ts";
import type { ReceiptLog } from "../receipt/receipt-log.ts";
import type { Signer } from "../receipt/signer.ts";
import type { Attempt } from "./attempt.ts";
import type { AcceptPolicy, PolicyInForce } from "./policy-in-force.ts";

/** A failure that no caller sees, such as a heartbeat that did not reach the ledger. */
export interface GateFailure {
  readonly during:
    | "extend"
    | "release"
    | "settle"
    | "expire"
    | "receipt"
    | "checkpoint"
    | "approval"
    | "stop"
    | "policy"
    | "close";
  readonly cause: unknown;
}

/** Makes what a receipt keeps of an action's parameters: RFC 8785 text, or undefined for nothing. */
export type ParamsPolicy = (attempt: Pick<Attempt, "action" | "paramsJson">) => string | undefined;

/** How a gate is made; every part has a default, so that `createGate({})` works. */
export interface GateOptions {
  /** @default [] (nothing is limited) */
  readonly budgets?: readonly BudgetInput[];
  /** Asked in order, before any budget; a deny ends it. @default [] */
  readonly evaluators?: readonly Evaluator[];
  /** A catalogue, or prices that go before those of the default catalogue. @default genaiPrices() */
  readonly prices?: PriceCatalog | PriceTable;
  /** What happens to a call with no known price under a usd budget. @default "deny" */
  readonly unpriced?: "deny" | "allow";
  /** The output limit in tokens of model calls that have none. @default 4096 */
  readonly maxOutputTokens?: number | "unbounded";
  /** How input tokens are counted before the call. @default byteCounter */
  readonly tokenCounter?: TokenCounter;
  /** @default memoryLedger() */
  readonly ledger?: Ledger;
  /** @default memoryLog() */
  readonly log?: ReceiptLog;
  /** Where approvals are kept; with one that outlives the process others can answer them. @default in memory */
  readonly approvals?: ApprovalStore;
  /**
   * Where stops are kept; gates that share it stop what any of them stops.
   *
   * @default the ledger's, where it outlives the process; else in memory
   */
  readonly stops?: Stops;
  /** @default createSigner() (a fresh key) */
  readonly signer?: Signer;
  /** Earlier keys that the chain may still be under: it goes over to `signer` before anything else. @default [] */
  readonly formerSigners?: readonly Signer[];
  /** Signed checkpoints: what `checkpoints()` of `@tollgate/core/signing` answers. @default none are written */
  readonly checkpoints?: CheckpointPlan;
  /** The name of this gate's chain of receipts; one writer each. @default a fresh UUIDv7 */
  readonly chain?: string;
  /**
   * Who acts where no run says so. With an identity it is claimed as if each run said it: what a credential does not
   * say as well is refused.
   *
   * @default {}
   */
  readonly subject?: Subject;
  /**
   * Verifies the credentials that runs are opened with; with it, every action of a run without a good one is denied,
   * also with `failure: "open"`. `jwtIdentity` of `@tollgate/identity` makes one.
   *
   * @default none: a run is whoever its opener says
   */
  readonly identity?: Identity;
  /** `shadow` decides and records, but changes nothing for the caller. @default "enforce" */
  readonly mode?: "enforce" | "shadow";
  /**
   * What happens when an evaluator or the ledger fails. `open` lets the call through with a receipt that says
   * so; a receipt that cannot be written denies all the same.
   *
   * @default "closed"
   */
  readonly failure?: "closed" | "open";
  /**
   * The digest of the policy in force, for receipts; or what answers the policy itself. That is asked once for each
   * decision, and answers the same object for as long as nothing has changed. It is handed what tells, before it answers
   * another one, whether this gate can use that.
   *
   * @default null
   */
  readonly policy?: string | null | ((accept: AcceptPolicy) => PolicyInForce);
  /** What receipts keep of an action's parameters besides their digest. @default "digest" */
  readonly params?:
    | "digest"
    | "full"
    | ((action: { readonly kind: string; readonly name: string; readonly params: unknown }) => unknown);
  /** @default 1000 */
  readonly evaluatorTimeoutMs?: number;
  /** How long a store or the identity may take to answer, and `onApproval`. @default 5000 */
  readonly storageTimeoutMs?: number;
  /** How long a reservation lives without a heartbeat. @default 300000 (5 minutes) */
  readonly reservationTtlMs?: number;
  /** How long a request for approval stays open. @default 3600000 (1 hour) */
  readonly approvalTtlMs?: number;
  /** How far the clock may step back before the gate denies. @default 5000 */
  readonly clockToleranceMs?: number;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Sees every receipt once it is durable; for displays. What it throws is ignored. */
  readonly onReceipt?: (receipt: Receipt) => void;
  /**
   * Told of each new request for approval once it is on record, such as to notify who may answer it.
   *
   * The call that is refused waits for it, but not longer than `storageTimeoutMs`; `onFailure` is told what it throws.
   */
  readonly onApproval?: (approval: Approval) => unknown;
  /** Sees failures that no caller sees. What it throws is ignored. */
  readonly onFailure?: (failure: GateFailure) => void;
}
