import type { DecisionBody, ReceiptClaim, SettlementBody } from "./receipt.ts";
import type { Flaw } from "./verify-report.ts";

/** A decision that let something through and whose end may still come. */
export interface OpenDecision {
  /** The id of the decision receipt. */
  readonly decision: string;
  readonly claims: readonly ReceiptClaim[];
  /** True once it has expired: only a late settlement may follow. */
  readonly expired: boolean;
}

/** What a settlement does to the open decisions. */
export type Ended =
  | { readonly status: "ended"; readonly open: OpenDecision }
  /** The end of a reservation whose decision is not at hand: another process's, or one that was dropped. */
  | { readonly status: "foreign" }
  | { readonly status: "flawed"; readonly flaw: Flaw };

/**
 * Pairs decisions with their settlements, as receipts go by in order.
 *
 * A decision that has settled or been released is forgotten, so that memory is bounded by those open or
 * expired. That is safe: a second settlement then finds no open decision, which is a flaw just the same. Only
 * an expiry may refer to an unknown decision, as it gives money back and books none: processes that share a
 * ledger expire each other's reservations. Where the beginnings of chains were dropped any settlement may, once;
 * then what has ended is remembered, so that a second one is a flaw still.
 *
 * Decisions are told apart by reservation where they have one: a decision that replays the answer of an open
 * reservation holds nothing anew.
 */
export class OpenDecisions {
  readonly #open = new Map<string, OpenDecision>();
  /** What has ended, where decisions may have been dropped; null where none may. */
  readonly #ended: Set<string> | null;

  /** `trimmed` says that decisions may be missing, with the beginnings of their chains. */
  constructor(trimmed = false) {
    this.#ended = trimmed ? new Set() : null;
  }

  /** How many have no end yet. */
  get size(): number {
    let count = 0;
    for (const { expired } of this.#open.values()) if (!expired) count++;
    return count;
  }

  /** Takes a decision; answers it when something new is held, null when not. */
  add(
    body: DecisionBody,
  ): { readonly status: "held" | "nothing" } | { readonly status: "flawed"; readonly flaw: Flaw } {
    const hold = body.reservation ?? body.id;
    const known = this.#open.get(hold);
    if (known?.decision === body.id) {
      return flawed("decision_repeated", `decision ${body.id} is open already`);
    }
    if (known !== undefined || !letsThrough(body)) return { status: "nothing" };
    this.#open.set(hold, { decision: body.id, claims: body.claims, expired: false });
    return { status: "held" };
  }

  /** Takes a settlement and answers which decision it ended. */
  end(body: SettlementBody): Ended {
    const ended = this.find(body);
    if (ended.status === "flawed") return ended;
    const hold = holdOf(body);
    if (body.outcome !== "expired") {
      this.#open.delete(hold);
      this.#ended?.add(hold);
    } else if (ended.status === "ended") this.#open.set(hold, { ...ended.open, expired: true });
    return ended;
  }

  /** Answers which decision a settlement would end, without ending it. */
  find(body: SettlementBody): Ended {
    const hold = holdOf(body);
    const open = this.#open.get(hold);
    if (open === undefined) {
      return body.outcome === "expired" || this.#ended?.has(hold) === false
        ? { status: "foreign" }
        : flawed(
            "no_open_decision",
            `decision ${body.decision} is unknown, let nothing through, or has ended`,
          );
    }
    if (body.decision !== open.decision && body.decision !== hold) {
      return flawed(
        "settlement_mismatch",
        `reservation ${hold} is of decision ${open.decision}, not ${body.decision}`,
      );
    }
    if (open.expired && !(body.outcome === "settled" && body.late === true)) {
      return flawed("no_open_decision", `decision ${body.decision} has expired: it can only settle late`);
    }
    return { status: "ended", open };
  }
}

function holdOf({ reservation, decision }: SettlementBody): string {
  return reservation ?? decision;
}

/** Whether the action went ahead; in shadow mode everything does, whatever was decided. */
export function letsThrough({ decision, reservation }: DecisionBody): boolean {
  const { outcome, mode } = decision;
  return outcome === "allow" || outcome === "degrade" || mode === "shadow" || reservation !== null;
}

function flawed(reason: Flaw["reason"], message: string): { readonly status: "flawed"; readonly flaw: Flaw } {
  return { status: "flawed", flaw: { reason, message } };
}
