import type { Action } from "../action/action.ts";
import type { Amounts } from "../action/amounts.ts";
import type { Awaitable } from "../awaitable.ts";
import { cleanText } from "../codec/clean-text.ts";
import { StorageFailed } from "../errors.ts";
import type { Charge } from "../ledger/ledger.ts";
import type { Decision } from "./decision.ts";
import type { GateCore } from "./gate-core.ts";
import type { Held } from "./hold-attempt.ts";
import type { Permit, Settlement, Used } from "./permit.ts";
import { type ReadUsed, readUsed } from "./read-used.ts";
import { receiptOverage } from "./receipt-content.ts";
import type { RunHandle } from "./run-handle.ts";

/** What a permit is made of. */
export interface PermitParts {
  readonly core: GateCore;
  readonly id: string;
  readonly run: RunHandle;
  readonly held: Held;
  /** When its reservation expires unless it is extended, in epoch milliseconds. */
  readonly expiresAt: number;
  /** Called once, when the permit has ended. */
  readonly onEnd: () => void;
}

/** What the ledger answered to an ending. */
interface Ended {
  readonly charges: readonly Charge[];
  readonly late: boolean;
}

/** A permit as the gate hands it out. */
export class OpenPermit implements Permit {
  readonly id: string;
  readonly run: RunHandle;
  readonly action: Action;
  readonly #parts: PermitParts;
  #expiresAt: number;
  #decision: Decision | null = null;
  #begun = false;
  /** The ending that was chosen first; it is the one that is tried again if it fails. */
  #chosen: ((again: boolean) => Promise<Settlement>) | null = null;
  #tried = false;
  #ending: Promise<Settlement> | null = null;
  #ended: Settlement | null = null;
  #holders = 0;
  #letGo: (() => void) | null = null;

  constructor(parts: PermitParts) {
    this.#parts = parts;
    this.#expiresAt = parts.expiresAt;
    this.id = parts.id;
    this.run = parts.run;
    this.action = parts.held.plan.action;
  }

  get decision(): Decision {
    if (this.#decision === null) throw new TypeError("the permit's decision is not made yet");
    return this.#decision;
  }

  /** Ties the permit to the decision that hands it out. */
  belongsTo(decision: Decision): void {
    this.#decision = decision;
  }

  get ended(): Settlement | null {
    return this.#ended;
  }

  /** Whether it can still be answered to whoever asks with its key. */
  isOpen(now: number): boolean {
    return this.#chosen === null && now < this.#expiresAt;
  }

  begin(): boolean {
    // Shadow mode changes nothing for the caller, also not for one who calls twice.
    if (this.#parts.core.mode === "shadow") return true;
    if (this.#begun || this.#chosen !== null) return false;
    this.#begun = true;
    return true;
  }

  settle(used?: Used): Promise<Settlement> {
    return this.#end(() => {
      const { core, held } = this.#parts;
      const read = readUsed(used, held);
      if (read.flaw !== null) core.report({ during: "settle", cause: new TypeError(read.flaw) });
      return (again) => this.#settle(read, again);
    });
  }

  release(reason: string): Promise<Settlement> {
    const text = cleanText(String(reason));
    return this.#end(() => (again) => this.#release(text, again));
  }

  async extend(ms: number): Promise<boolean> {
    const { core, held } = this.#parts;
    if (this.#chosen !== null || held.reservation === null) return false;
    const expiresAt = Math.max(this.#expiresAt, core.recorder.recordTime() + ms);
    const isOpen = await this.#within(core.ledger.extend(held.reservation, expiresAt));
    if (isOpen) this.#expiresAt = expiresAt;
    return isOpen;
  }

  hold(): () => void {
    this.#holders += 1;
    this.#keep();
    let isHolding = true;
    return () => {
      if (isHolding) this.#holders -= 1;
      isHolding = false;
      if (this.#holders === 0) this.#drop();
    };
  }

  /** Ends it as whoever comes first chooses; a failed ending is tried again as it was chosen. */
  #end(choose: () => (again: boolean) => Promise<Settlement>): Promise<Settlement> {
    if (this.#ending !== null) return this.#ending;
    this.#chosen ??= choose();
    const ending = this.#finish(this.#chosen);
    // Who does not wait for it is told by the gate's onFailure, not by an unhandled rejection.
    ending.catch(() => undefined);
    this.#ending = ending;
    return ending;
  }

  async #finish(end: (again: boolean) => Promise<Settlement>): Promise<Settlement> {
    const { core, onEnd } = this.#parts;
    const again = this.#tried;
    this.#tried = true;
    core.work.begin();
    try {
      const settlement = await end(again);
      this.#ended = settlement;
      this.#drop();
      onEnd();
      return settlement;
    } catch (cause) {
      // Forgetting would be giving the money away: it stays held and the ending is tried again.
      core.report({ during: "settle", cause });
      this.#keep();
      this.#ending = null;
      core.keeper.owe(() => this.#end(() => end));
      throw cause;
    } finally {
      core.work.end();
    }
  }

  #keep(): void {
    const { core, held } = this.#parts;
    if (this.#ended !== null || held.reservation === null) return;
    this.#letGo ??= core.keeper.hold(held.reservation, (expiresAt) => {
      this.#expiresAt = expiresAt;
    });
  }

  #drop(): void {
    this.#letGo?.();
    this.#letGo = null;
  }

  #within<T>(answer: Awaitable<T>): Awaitable<T> {
    return this.#parts.core.inTime("the ledger", answer);
  }

  async #settle(read: ReadUsed, again: boolean): Promise<Settlement> {
    const { core, held, id, run } = this.#parts;
    const { source, usage } = read;
    const booked = await this.#book(read.amounts, source, again);
    if (typeof booked === "string") return { outcome: booked, charges: [], late: false, receipt: null };
    const { charges, late } = booked;
    const amounts: Record<string, bigint> = { ...read.amounts };
    for (const { claim, actual } of charges) amounts[claim.unit] = actual;
    run.counts.spent += amounts.usd ?? 0n;
    const overage = receiptOverage(charges);
    const receipt = await core.recorder.writeOrOwe({
      type: "settlement",
      decision: id,
      reservation: held.reservation?.id ?? null,
      outcome: "settled",
      amounts: Object.keys(amounts)
        .sort()
        .map((unit) => ({ unit, amount: String(amounts[unit]) })),
      source,
      ...(usage === undefined ? {} : { usage }),
      ...(overage === undefined ? {} : { overage }),
      ...(late ? { late } : {}),
    });
    return { outcome: "settled", charges, source, late, receipt };
  }

  /** Books it in the ledger; answers how somebody else has ended it before, where that is so. */
  async #book(
    amounts: Amounts,
    source: ReadUsed["source"],
    again: boolean,
  ): Promise<Ended | "settled" | "released"> {
    const { core, held } = this.#parts;
    if (held.reservation === null) return { charges: [], late: false };
    const result = await this.#within(core.ledger.settle(held.reservation, amounts, source));
    if (result.status === "settled") return result;
    // An earlier try was booked, though its answer was lost.
    if (result.ended === "settled" && again) return { charges: this.#charges(amounts), late: result.late };
    const cause = new StorageFailed(
      `reservation ${held.reservation.id} was ${result.ended} when it was to be settled: what the call used is not booked`,
    );
    core.report({ during: "settle", cause });
    // Nobody can book it any more, but the receipts can tell that it was spent.
    return result.ended === "unknown" ? { charges: [], late: true } : result.ended;
  }

  #charges(amounts: Amounts): readonly Charge[] {
    return this.#parts.held.claims.map((claim) => {
      const actual = amounts[claim.unit] ?? claim.amount;
      return { claim, actual, overage: actual > claim.amount ? actual - claim.amount : 0n };
    });
  }

  async #release(reason: string, again: boolean): Promise<Settlement> {
    const { core, held, id } = this.#parts;
    if (held.reservation !== null) {
      const result = await this.#within(core.ledger.release(held.reservation, reason));
      // An earlier try was done, though its answer was lost.
      const isOurs =
        result.status === "released" || (again && result.ended === "released" && !result.otherwise);
      if (!isOurs) {
        // Whoever ended it before wrote its receipt.
        const outcome = result.ended === "unknown" ? "expired" : result.ended;
        return { outcome, charges: [], late: false, receipt: null };
      }
    }
    const receipt = await core.recorder.writeOrOwe({
      type: "settlement",
      decision: id,
      reservation: held.reservation?.id ?? null,
      outcome: "released",
      reason,
      amounts: [],
    });
    return { outcome: "released", charges: [], late: false, receipt };
  }
}
