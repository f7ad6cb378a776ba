import { systemClock } from "../clock.ts";
import { createIds } from "../codec/uuidv7.ts";
import { InvalidConfig, StorageFailed } from "../errors.ts";
import type { Adjustment } from "../ledger/ledger-admin.ts";
import { approvalContent } from "../oversight/approval-content.ts";
import type { ApprovalStore } from "../oversight/approval-store.ts";
import type { Approval } from "../oversight/approvals.ts";
import type { AdjustmentBody, ApprovalBody, Receipt, SettlementBody, StopBody } from "../receipt/receipt.ts";
import { adjustmentContent } from "./adjustment-receipt.ts";
import { checkText } from "./check-text.ts";
import { findHeld } from "./held-by-decision.ts";
import type {
  Adjusted,
  AdjustmentRequest,
  Answered,
  AnswerRequest,
  LiftRequest,
  Operator,
  OperatorOptions,
  Released,
  ReleaseRequest,
  Stopped,
  StopRequest,
} from "./operator.ts";
import { OperatorChain } from "./operator-chain.ts";
import { OperatorStops } from "./operator-stops.ts";
import { afterwards } from "./receipt-afterwards.ts";
import { ToldAdjustments } from "./told-adjustments.ts";

/** Makes an {@link Operator}; nothing is read or written before it is asked for something. */
export function createOperator(options: OperatorOptions): Operator {
  return new LedgerOperator(options);
}

class LedgerOperator implements Operator {
  readonly #options: OperatorOptions;
  readonly #chain: OperatorChain;
  readonly #told: ToldAdjustments;
  readonly #stops: OperatorStops;
  readonly #newId: () => string;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: OperatorOptions) {
    const { ledger, log, signer, clock = systemClock, stops } = options;
    const idAt = createIds();
    this.#options = options;
    this.#chain = new OperatorChain(log, signer, clock);
    this.#told = new ToldAdjustments(ledger, log);
    this.#stops = new OperatorStops(stops, this.#chain, clock);
    this.#newId = () => idAt(clock.now());
  }

  adjust(request: AdjustmentRequest): Promise<Adjusted> {
    return this.#inTurn(() => this.#adjust({ ...request, id: request.id ?? this.#newId() }));
  }

  release(request: ReleaseRequest): Promise<Released> {
    return this.#inTurn(() => this.#release(request));
  }

  answer(request: AnswerRequest): Promise<Answered> {
    return this.#inTurn(() => this.#answer(request));
  }

  stop(request: StopRequest): Promise<Stopped> {
    return this.#inTurn(() => this.#stops.stop(request));
  }

  lift(request: LiftRequest): Promise<Receipt<StopBody>> {
    return this.#inTurn(() => this.#stops.lift(request));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#after(() => this.#chain.close());
  }

  async #adjust(adjustment: Adjustment): Promise<Adjusted> {
    checkText("by", adjustment.by);
    checkText("reason", adjustment.reason);
    const content = adjustmentContent(adjustment);
    await this.#prepare();
    const balance = await this.#options.ledger.adjust(adjustment);
    const known = this.#told.receiptOf(adjustment.id);
    if (known !== null) return { balance, receipt: known };
    const what = `adjustment ${adjustment.id} is booked`;
    const receipt = await afterwards(what, this.#chain.write(content));
    this.#told.add(receipt as Receipt<AdjustmentBody>);
    return { balance, receipt: receipt as Receipt<AdjustmentBody> };
  }

  async #release({ reservation: id, by, reason }: ReleaseRequest): Promise<Released> {
    checkText("by", by);
    checkText("reason", reason);
    const { ledger, log } = this.#options;
    await this.#prepare();
    const { reservation, decision } = await findHeld(ledger, log, id);
    const why = `released by ${by}: ${reason}`;
    const answer = await ledger.release(reservation, why);
    if (answer.status !== "released") {
      throw new StorageFailed(`reservation ${id} was not released: it is ${answer.ended}`);
    }
    const written = this.#chain.write({
      type: "settlement",
      decision: decision.id,
      reservation: id,
      outcome: "released",
      reason: why,
      amounts: [],
    });
    const receipt = await afterwards(`reservation ${id} is released`, written);
    return { reservation, receipt: receipt as Receipt<SettlementBody> };
  }

  async #answer({ approval: id, status, by, reason }: AnswerRequest): Promise<Answered> {
    checkText("by", by);
    checkText("reason", reason);
    const { approvals, log, clock = systemClock } = this.#options;
    if (approvals === undefined) throw new InvalidConfig("approvals", "expected the store that gates share");
    // What is owed says that the log works, before anything is changed.
    await this.#chain.flush();
    const at = clock.now();
    // What has run out, and what others have done and not told of.
    for (const step of await approvals.expire(at, log)) await this.#tell(approvals, step);
    const answered = await approvals.answer(id, { status, by, reason, at });
    if (answered === null) throw new StorageFailed(`there is no approval ${id}`);
    const { approval, taken } = answered;
    if (!taken) {
      const isOver = approval.status === "pending" || approval.status === "expired";
      const who = approval.answer === null ? "" : `, by ${approval.answer.by}`;
      const is = isOver ? "has run out" : `is ${approval.status} already${who}`;
      throw new StorageFailed(`approval ${id} ${is}`);
    }
    const receipt = await afterwards(`approval ${id} is ${status}`, this.#tell(approvals, approval));
    return { approval, receipt: receipt as Receipt<ApprovalBody> };
  }

  /** Writes the receipt of a step, and has nobody miss it. */
  async #tell(approvals: ApprovalStore, step: Approval): Promise<Receipt> {
    const receipt = await this.#chain.write(approvalContent(step));
    try {
      await approvals.recorded?.(step);
    } catch {
      // It is missed then, and found in the log.
    }
    return receipt;
  }

  /** Writes what others or this one could not: after that, all that is on record is what has happened. */
  async #prepare(): Promise<void> {
    await this.#chain.flush();
    for (const kept of await this.#told.missing()) {
      let content: ReturnType<typeof adjustmentContent>;
      try {
        content = adjustmentContent(kept);
      } catch {
        // Made past every operator: what no receipt can hold must not stand in the way of the rest.
        continue;
      }
      this.#told.add((await this.#chain.write(content)) as Receipt<AdjustmentBody>);
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new StorageFailed("the operator was closed"));
    return this.#after(work);
  }

  #after<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
