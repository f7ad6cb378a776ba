import type { Amounts } from "../action/amounts.ts";
import type { Balance } from "../action/balance.ts";
import { isPromiseLike } from "../awaitable.ts";
import { StorageFailed } from "../errors.ts";
import type { Claim, Reservation, ReserveResult } from "../ledger/ledger.ts";
import type { CallRates } from "../pricing/call-rates.ts";
import { type Attempt, denied, type Finding, isFinding, messageOf } from "./attempt.ts";
import { withDeadline } from "./deadline.ts";
import { budgetsOf, hearSoftLimits, isHard, refusal } from "./exceeded-budgets.ts";
import type { GateCore } from "./gate-core.ts";
import type { Plan } from "./plan-attempt.ts";
import { priceAttempt } from "./price-attempt.ts";

/** An attempt whose money is held. */
export interface Held {
  readonly plan: Plan;
  readonly rates: CallRates | null;
  /** The upper bounds by unit; what is booked where the real amounts stay unknown. */
  readonly bounds: Amounts;
  readonly claims: readonly Claim[];
  readonly balances: readonly Balance[];
  /** Null when nothing had to be held, or where the gate fails open. */
  readonly reservation: Reservation | null;
  readonly replayed: boolean;
  /** In shadow mode: what refused, had it been asked to. */
  readonly wouldBe: Finding | null;
}

/** The ledger failed, and the gate is to go on without it. */
interface Unheld {
  readonly status: "unheld";
  readonly failure: string;
}

/**
 * Prices the planned action and holds its money in all its budgets or none.
 *
 * A soft limit that does not fit degrades, asks or skips; once it has had its say it is only tracked. The only
 * thing that enforces a hard limit is the ledger's `reserve`.
 */
export async function holdAttempt(
  core: GateCore,
  attempt: Attempt,
  from: Plan,
  judgeAgain: (plan: Plan) => Promise<Plan | Finding>,
): Promise<Held | Finding> {
  let plan = from;
  /** The soft budgets that have had their say. */
  const heard = new Set<string>();
  let wouldBe: Finding | null = null;
  for (;;) {
    const priced = priceAttempt(core, attempt, plan);
    if (isFinding(priced)) return priced;
    const claims = priced.claims.map(({ claim, budget }) => asClaimed(core, claim, heard.has(budget.id)));
    const reserved = await reserve(core, attempt, plan, claims);
    if (isFinding(reserved)) return reserved;
    const { rates, bounds } = priced;
    if (reserved.status === "unheld") {
      const open = { ...plan, failure: reserved.failure };
      return {
        plan: open,
        rates,
        bounds,
        claims: [],
        balances: [],
        reservation: null,
        replayed: false,
        wouldBe,
      };
    }
    if (reserved.status === "reserved") {
      const { reservation, balances, replayed } = reserved;
      return { plan, rates, bounds, claims, balances, reservation, replayed, wouldBe };
    }
    if (reserved.status === "conflict") return conflict(attempt, reserved.reason);
    const exceeded = budgetsOf(priced.claims, reserved.exceeded);
    if (core.mode === "shadow") {
      wouldBe ??= refusal(core, exceeded);
      for (const { budget } of exceeded) heard.add(budget.id);
      continue;
    }
    const soft = exceeded.filter(({ budget }) => !isHard(budget));
    if (soft.length === 0) return refusal(core, exceeded);
    // With a hard limit in the way only a degrade can help; what is left then is the hard limit's to refuse.
    const degrades = soft.filter(({ budget }) => budget.then === "degrade");
    const asked = soft.length === exceeded.length || degrades.length === 0 ? soft : degrades;
    if (soft.length === exceeded.length || degrades.length > 0) {
      const next = await hearSoftLimits(core, attempt, plan, asked, judgeAgain);
      if (isFinding(next)) return next;
      plan = next;
    }
    for (const { budget } of asked) heard.add(budget.id);
  }
}

/** The claim as it goes to the ledger: in shadow mode nothing is hard, and who was heard is only tracked. */
function asClaimed(core: GateCore, claim: Claim, heard: boolean): Claim {
  if (heard) return { ...claim, limit: null };
  return core.mode === "shadow" ? { ...claim, soft: true } : claim;
}

async function reserve(
  core: GateCore,
  attempt: Attempt,
  plan: Plan,
  claims: readonly Claim[],
): Promise<ReserveResult | Unheld | Finding> {
  try {
    const now = core.recorder.recordTime();
    // Money of callers that died must be back before anybody is refused for lack of it.
    if (core.keeper.isDue(now)) await core.keeper.sweep(now);
    const expiresAt = now + core.reservationTtlMs;
    const request = { id: attempt.id, key: attempt.key, digest: plan.digest, claims, expiresAt };
    const asked = withDeadline(core.ledger.reserve(request), {
      clock: core.clock,
      ms: core.storageTimeoutMs,
      who: "the ledger",
      late: (late) => {
        if (late.status === "reserved") core.keeper.giveBack(late.reservation, "granted too late");
      },
    });
    const result = isPromiseLike(asked) ? await asked : asked;
    checkAnswer(result, claims);
    if (result.status === "reserved") core.keeper.noteExpiry(expiresAt);
    return result;
  } catch (error) {
    if (core.failure === "open" || core.mode === "shadow") {
      return { status: "unheld", failure: `ledger_failed: ${messageOf(error)}` };
    }
    return denied("ledger_failed", `the ledger failed: ${messageOf(error)}`, {
      rules: plan.rules,
      evaluators: plan.evaluators,
      cause: error,
    });
  }
}

/** A ledger that answers nonsense has not reserved anything that can be relied on. */
function checkAnswer(result: ReserveResult, claims: readonly Claim[]): void {
  // A claim without a limit refuses nothing: what would have the gate ask again for ever.
  const limited = new Set(claims.filter((claim) => claim.limit !== null).map((claim) => claim.budget));
  const makesSense =
    result.status === "reserved"
      ? typeof result.reservation?.id === "string"
      : result.status === "conflict" ||
        (result.status === "refused" &&
          result.exceeded.length > 0 &&
          result.exceeded.every(({ claim }) => limited.has(claim.budget) && claim.limit !== null));
  if (!makesSense) throw new StorageFailed(`the ledger answered nonsense to reserve`);
}

function conflict(
  attempt: Attempt,
  reason: Extract<ReserveResult, { status: "conflict" }>["reason"],
): Finding {
  const why: Record<typeof reason, string> = {
    digest_mismatch: "it is in use for another action",
    already_settled: "its attempt was settled",
    already_released: "its attempt was released",
    already_expired: "its attempt expired",
    forgotten: "it was used long ago",
  };
  return denied("idempotency_conflict", `key "${attempt.key}" cannot be used again: ${why[reason]}`, {
    conflict: reason,
  });
}
