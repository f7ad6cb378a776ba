import type { Clock } from "../clock.ts";
import type { Evaluator } from "../evaluate/evaluator.ts";
import type { ClaimsOf } from "../ledger/claims.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { TokenCounter } from "../pricing/estimate.ts";
import type { ModelRates, PriceCatalog } from "../pricing/price-catalog.ts";
import type { ReceiptPrice } from "../receipt/receipt.ts";
import type { InTime } from "./deadline.ts";
import type { GateFailure, ParamsPolicy } from "./gate-options.ts";
import type { Keeper } from "./keeper.ts";
import type { MemoryApprovals } from "./memory-approvals.ts";
import type { OpenWork } from "./open-work.ts";
import type { Recorder } from "./recorder.ts";
import type { RunLatches } from "./run-latches.ts";

/** The parts of a gate and its settings, as its rooms share them; never seen by callers. */
export interface GateCore {
  readonly clock: Clock;
  readonly evaluators: readonly Evaluator[];
  readonly claimsOf: ClaimsOf;
  readonly ledger: Ledger;
  readonly prices: PriceCatalog;
  readonly tokenCounter: TokenCounter;
  readonly recorder: Recorder;
  readonly keeper: Keeper;
  readonly approvals: MemoryApprovals;
  readonly latches: RunLatches;
  readonly mode: "enforce" | "shadow";
  readonly failure: "closed" | "open";
  readonly unpriced: "deny" | "allow";
  readonly policy: string | null;
  readonly params: ParamsPolicy;
  readonly evaluatorTimeoutMs: number;
  readonly inTime: InTime;
  readonly reservationTtlMs: number;
  readonly approvalTtlMs: number;
  /** Decisions and endings that are under way. */
  readonly work: OpenWork;
  newId(): string;
  /** The receipt's form of a model's rates, made once for each. */
  priceOf(rates: ModelRates): ReceiptPrice;
  closed(): boolean;
  /** Tells the gate's owner of a failure that no caller sees. */
  report(failure: GateFailure): void;
}
