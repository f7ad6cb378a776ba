import type { Clock } from "../clock.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Stops } from "../ledger/stops.ts";
import type { TokenCounter } from "../pricing/estimate.ts";
import type { InTime } from "./deadline.ts";
import type { GateApprovals } from "./gate-approvals.ts";
import type { GateFailure, ParamsPolicy } from "./gate-options.ts";
import type { Keeper } from "./keeper.ts";
import type { OpenWork } from "./open-work.ts";
import type { Rules } from "./policy-in-force.ts";
import type { Recorder } from "./recorder.ts";
import type { RunBook } from "./run-book.ts";

/** The parts of a gate and its settings, as its rooms share them; never seen by callers. */
export interface GateCore {
  readonly clock: Clock;
  /** The rules in force now: asked once for each attempt. */
  readonly rules: () => Rules;
  readonly ledger: Ledger;
  readonly tokenCounter: TokenCounter;
  readonly recorder: Recorder;
  readonly keeper: Keeper;
  readonly approvals: GateApprovals;
  readonly stops: Stops;
  readonly book: RunBook;
  readonly mode: "enforce" | "shadow";
  readonly failure: "closed" | "open";
  readonly params: ParamsPolicy;
  readonly evaluatorTimeoutMs: number;
  readonly inTime: InTime;
  readonly reservationTtlMs: number;
  readonly approvalTtlMs: number;
  /** Decisions and endings that are under way. */
  readonly work: OpenWork;
  newId(): string;
  closed(): boolean;
  /** Tells the gate's owner of a failure that no caller sees. */
  report(failure: GateFailure): void;
}
