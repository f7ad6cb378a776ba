import type { Amounts } from "../action/amounts.ts";
import type { Balance } from "../action/balance.ts";
import { isPromiseLike } from "../awaitable.ts";
import { messageOf, StorageFailed } from "../errors.ts";
import type { Claim, Reservation, ReserveRequest, ReserveResult } from "../ledger/ledger.ts";
import type { CallRates } from "../pricing/call-rates.ts";
import { type Attempt, denied, type Finding, isFinding } from "./attempt.ts";
import type { KeyConflict } from "./decision.ts";
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
      const open = { ...plan, failure: [plan.failure, reserved.failure].filter(Boolean).join("; ") };
      return { plan: open, rates, bounds, claims: [], balances: [], reservation: null, wouldBe };
    }
    if (reserved.status === "reserved") {
      const { reservation, balances } = reserved;
      return { plan, rates, bounds, claims, balances, reservation, wouldBe };
    }
    if (reserved.status === "conflict") return conflict(attempt, plan, reserved.reason);
    const exceeded = budgetsOf(priced.claims, reserved.exceeded);
    if (core.mode === "shadow") {
      wouldBe ??= refusal(core, plan, exceeded);
      for (const { budget } of exceeded) heard.add(budget.id);
      continue;
    }
    if (exceeded.every(({ budget }) => isHard(budget))) return refusal(core, plan, exceeded);
    const next = await hearSoftLimits(core, attempt, plan, exceeded, judgeAgain);
    if (isFinding(next)) return next;
    plan = next.plan;
    for (const { budget } of next.heard) heard.add(budget.id);
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
  const { id, key, run } = attempt;
  const now = core.recorder.recordTime();
  const expiresAt = now + core.reservationTtlMs;
  const { chain } = run.gate;
  const request = { id, key, digest: plan.digest, claims, expiresAt, fresh: key === id, chain };
  try {
    // Money of callers that died must be back before anybody is refused for lack of it.
    if (core.keeper.isDue(now)) {
      await core.inTime("the ledger", core.keeper.sweep(now));
    }
    const asked = core.inTime("the ledger", core.ledger.reserve(request), () =>
      // Only what was granted to this very attempt is this gate's to give back.
      core.keeper.giveBack(request, "granted too late"),
    );
    const result = isPromiseLike(asked) ? await asked : asked;
    checkAnswer(result, request);
    if (result.status === "reserved") {
      if (result.replayed) return conflict(attempt, plan, "under_way");
      core.keeper.noteExpiry(expiresAt);
    }
    return result;
  } catch (error) {
    // The ledger may have granted it before it failed.
    core.keeper.giveBack(request, "the ledger failed");
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
function checkAnswer(result: ReserveResult, request: ReserveRequest): void {
  if (makesSense(result, request)) return;
  throw new StorageFailed("the ledger answered nonsense to reserve");
}

function makesSense(result: ReserveResult, { id, claims }: ReserveRequest): boolean {
  switch (result?.status) {
    case "reserved":
      return result.replayed === true || (result.replayed === false && result.reservation?.id === id);
    case "conflict":
      return true;
    case "refused":
      return result.exceeded.length > 0 && result.exceeded.every(({ claim }) => isLimited(claim, claims));
    default:
      return false;
  }
}

/** A claim without a limit refuses nothing: if it did, the gate would ask again for ever. */
function isLimited({ budget, limit }: Claim, claims: readonly Claim[]): boolean {
  return limit !== null && claims.some((claim) => claim.budget === budget && claim.limit !== null);
}

/**
 * Refuses a key. An open reservation that this gate does not know belongs to somebody else, to another process as
 * a rule: two callers of one reservation would make two calls for the money of one.
 */
function conflict({ key }: Attempt, { evaluators }: Plan, reason: KeyConflict): Finding {
  const why: Record<KeyConflict, string> = {
    digest_mismatch: "it is in use for another action",
    under_way: "its attempt is under way elsewhere",
    already_settled: "its attempt was settled",
    already_released: "its attempt was released",
    already_expired: "its attempt expired",
    forgotten: "it was used long ago",
  };
  const text = `key "${key}" cannot be used again: ${why[reason]}`;
  return { ...denied("idempotency_conflict", text, { evaluators }), conflict: reason };
}
