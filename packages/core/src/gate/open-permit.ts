import type { Action } from "../action/action.ts";
import type { Amounts } from "../action/amounts.ts";
import { isPromiseLike } from "../awaitable.ts";
import type { JsonObject } from "../codec/json.ts";
import { StorageFailed } from "../errors.ts";
import type { Charge } from "../ledger/ledger.ts";
import { amountsFor } from "../pricing/usage-amounts.ts";
import type { ReceiptContent } from "../receipt/chain.ts";
import type { Decision } from "./decision.ts";
import type { GateCore } from "./gate-core.ts";
import type { Held } from "./hold-attempt.ts";
import type { Permit, Settlement, Used } from "./permit.ts";
import { receiptOverage } from "./receipt-content.ts";
import type { RunHandle } from "./run-handle.ts";

/** What a permit is made of. */
export interface PermitParts {
  readonly core: GateCore;
  readonly id: string;
  readonly run: RunHandle;
  readonly held: Held;
  /** Called once, when the permit has ended. */
  readonly onEnd: () => void;
}

/** A permit as the gate hands it out. */
export class OpenPermit implements Permit {
  readonly id: string;
  readonly run: RunHandle;
  readonly action: Action;
  readonly #parts: PermitParts;
  #decision: Decision | null = null;
  #begun = false;
  #ending: Promise<Settlement> | null = null;
  #ended: Settlement | null = null;
  #letGo: (() => void) | null = null;

  constructor(parts: PermitParts) {
    this.#parts = parts;
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

  begin(): boolean {
    if (this.#begun || this.#ending !== null) return false;
    this.#begun = true;
    return true;
  }

  settle(used: Used = {}): Promise<Settlement> {
    return this.#end(() => this.#settle(used));
  }

  release(reason: string): Promise<Settlement> {
    return this.#end(() => this.#release(reason));
  }

  async extend(ms: number): Promise<boolean> {
    const { core, held } = this.#parts;
    if (this.#ending !== null || held.reservation === null) return false;
    return core.ledger.extend(held.reservation, core.recorder.recordTime() + ms);
  }

  hold(): () => void {
    const { core, held } = this.#parts;
    if (this.#ending !== null || held.reservation === null) return () => undefined;
    this.#letGo ??= core.keeper.hold(held.reservation);
    return () => {
      this.#letGo?.();
      this.#letGo = null;
    };
  }

  #end(end: () => Promise<Settlement>): Promise<Settlement> {
    this.#ending ??= end().then(
      (settlement) => {
        this.#ended = settlement;
        this.#finish();
        return settlement;
      },
      (cause: unknown) => {
        // Forgetting would be giving the money away: it stays held and the ending is tried again.
        const { core, held } = this.#parts;
        core.report({ during: "settle", cause });
        this.#letGo ??= held.reservation === null ? null : core.keeper.hold(held.reservation);
        this.#ending = null;
        core.keeper.owe(() => this.#end(end));
        throw cause;
      },
    );
    return this.#ending;
  }

  #finish(): void {
    this.#letGo?.();
    this.#letGo = null;
    this.#parts.onEnd();
  }

  async #settle(used: Used): Promise<Settlement> {
    const { core, held, id } = this.#parts;
    const { amounts, source } = this.#amounts(used);
    let charges: readonly Charge[] = [];
    let late = false;
    if (held.reservation !== null) {
      const asked = core.ledger.settle(held.reservation, amounts, source);
      const result = isPromiseLike(asked) ? await asked : asked;
      if (result.status === "conflict") {
        if (result.ended === "unknown") {
          throw new StorageFailed(`the ledger does not know reservation ${held.reservation.id} any more`);
        }
        return { outcome: result.ended, charges: [], late: false, receipt: null };
      }
      charges = result.charges;
      late = result.late;
    }
    const booked: Record<string, bigint> = { ...amounts };
    for (const { claim, actual } of charges) booked[claim.unit] = actual;
    const overage = receiptOverage(charges);
    const content: ReceiptContent = {
      type: "settlement",
      decision: held.reservation?.id ?? id,
      reservation: held.reservation?.id ?? null,
      outcome: "settled",
      amounts: Object.keys(booked)
        .sort()
        .map((unit) => ({ unit, amount: String(booked[unit]) })),
      source,
      ...(used.usage === undefined ? {} : { usage: usageJson(used.usage) }),
      ...(overage === undefined ? {} : { overage }),
      ...(late ? { late } : {}),
    };
    const receipt = await core.recorder.writeOrOwe(content);
    return { outcome: "settled", charges, source, late, receipt };
  }

  async #release(reason: string): Promise<Settlement> {
    const { core, held, id } = this.#parts;
    if (held.reservation !== null) {
      const asked = core.ledger.release(held.reservation, reason);
      const result = isPromiseLike(asked) ? await asked : asked;
      if (result.status === "conflict") {
        // Whoever ended it before wrote its receipt.
        const outcome = result.ended === "unknown" ? "expired" : result.ended;
        return { outcome, charges: [], late: false, receipt: null };
      }
    }
    const receipt = await core.recorder.writeOrOwe({
      type: "settlement",
      decision: held.reservation?.id ?? id,
      reservation: held.reservation?.id ?? null,
      outcome: "released",
      reason: reason.toWellFormed().slice(0, 1024),
      amounts: [],
    });
    return { outcome: "released", charges: [], late: false, receipt };
  }

  /** What to book: the usage's amounts, and what was reserved for whatever it does not say; never nothing. */
  #amounts(used: Used): { readonly amounts: Amounts; readonly source: "reported" | "estimated" } {
    const { held } = this.#parts;
    const known = amountsFor({
      usage: used.usage,
      rates: held.rates,
      action: this.action,
      reserved: held.bounds,
    });
    const amounts = { ...held.bounds, ...known.amounts, ...used.amounts };
    const isReported = known.unknown === null || used.amounts !== undefined;
    return { amounts, source: used.source ?? (isReported ? "reported" : "estimated") };
  }
}

/** The receipt's form of a usage: names and whole numbers only. */
function usageJson(usage: NonNullable<Used["usage"]>): JsonObject {
  const names = {
    inputTokens: "input_tokens",
    outputTokens: "output_tokens",
    cacheReadTokens: "cache_read_tokens",
    cacheWriteTokens: "cache_write_tokens",
    reasoningTokens: "reasoning_tokens",
  } as const;
  const json: Record<string, number> = {};
  for (const [member, name] of Object.entries(names) as [keyof typeof names, string][]) {
    const count = usage[member];
    // What makes no sense was treated as unknown; it cannot be written either.
    if (count !== undefined && Number.isSafeInteger(count) && count >= 0) json[name] = count;
  }
  return json;
}
