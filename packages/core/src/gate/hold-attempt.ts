import { type Amounts, formatAmount } from "../action/amounts.ts";
import type { Balance } from "../action/balance.ts";
import type { Subject } from "../action/subject.ts";
import { isPromiseLike } from "../awaitable.ts";
import { StorageFailed } from "../errors.ts";
import type { Budget } from "../ledger/budget.ts";
import type { BudgetClaim } from "../ledger/claims.ts";
import type { Claim, Exceeded, Reservation, ReserveResult } from "../ledger/ledger.ts";
import type { CallRates } from "../pricing/call-rates.ts";
import { type Bound, boundAmounts } from "../pricing/estimate.ts";
import { approve } from "./approve.ts";
import { type Attempt, denied, type Finding, isFinding, messageOf } from "./attempt.ts";
import { withDeadline } from "./deadline.ts";
import type { GateCore } from "./gate-core.ts";
import { type Plan, rewrite } from "./plan-attempt.ts";

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

/** What an action comes to before anything is held. */
interface Priced {
  readonly rates: CallRates | null;
  readonly bounds: Amounts;
  readonly claims: readonly BudgetClaim[];
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
    const priced = price(core, attempt, plan);
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

function price(
  core: GateCore,
  attempt: Attempt,
  { action, paramsJson, rules, evaluators }: Plan,
): Priced | Finding {
  const now = core.recorder.recordTime();
  let bound: Bound;
  try {
    const rates = action.kind === "tool" ? null : core.prices.rates(action.provider, action.name, now);
    const toolPrice = action.kind === "tool" ? (core.prices.toolPrice?.(action.name) ?? null) : null;
    bound = boundAmounts({ action, paramsJson, rates, toolPrice, counter: core.tokenCounter });
  } catch (error) {
    return denied("pricing_failed", `pricing failed: ${messageOf(error)}`, { evaluators, cause: error });
  }
  const unknown = core.unpriced === "allow" ? bound.unknown.filter((unit) => unit !== "usd") : bound.unknown;
  const found = core.claimsOf({
    subjects: actingSubjects(attempt),
    rootRun: attempt.run.root,
    now,
    action,
    amounts: bound.amounts,
    unknown,
  });
  switch (found.status) {
    case "missing_field":
      return denied(
        "missing_field",
        `budget "${found.budget.id}" needs the subject's ${found.field}, which this run does not have: open it with gate.run({ ${found.field}: ... })`,
        { rules: [...rules, found.budget.id], evaluators },
      );
    case "unknown_amount":
      return denied("unpriced", unpricedReason(found.budget.id, found.unit, action), {
        rules: [...rules, found.budget.id],
        evaluators,
      });
    case "claims":
      return { rates: bound.rates, bounds: bound.amounts, claims: found.claims };
  }
}

/** Whose budgets the attempt draws on: its own subject's, which can be its alone, then its run's ancestors'. */
function actingSubjects({ action, run }: Attempt): readonly Subject[] {
  if (action.subject === run.subject) return run.subjects;
  return [action.subject, ...run.subjects.slice(1)];
}

function unpricedReason(budget: string, unit: string, action: Plan["action"]): string {
  const what = `budget "${budget}" counts ${unit}, but how much this ${action.kind} call can come to is not known`;
  if (action.kind === "llm" && action.maxOutputTokens === undefined) {
    return `${what}: give the call an output limit, or the gate a maxOutputTokens`;
  }
  const model = action.provider === undefined ? action.name : `${action.provider}/${action.name}`;
  return `${what}: no price is known for "${model}"; give one in prices.models, give the action amounts: { ${unit}: ... }, or set unpriced: "allow"`;
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

function budgetsOf(claims: readonly BudgetClaim[], exceeded: readonly Exceeded[]): readonly ExceededBudget[] {
  return exceeded.flatMap((over) => {
    const found = claims.find(({ claim }) => claim.budget === over.claim.budget);
    return found === undefined ? [] : [{ over, budget: found.budget }];
  });
}

function isHard(budget: Budget): boolean {
  return budget.then === "deny" || budget.then === "stop";
}

type ExceededBudget = { readonly over: Exceeded; readonly budget: Budget };

/** The refusal of the budgets that an action does not fit into. */
function refusal(core: GateCore, exceeded: readonly ExceededBudget[]): Finding {
  const hard = exceeded.filter(({ budget }) => isHard(budget));
  const named = hard.length > 0 ? hard : exceeded;
  const terminal = named.some(({ budget }) => budget.then === "stop");
  const reason = named.map(describeExceeded).join("; ");
  const rules = named.map(({ budget }) => budget.id);
  if (hard.length > 0 || core.mode === "enforce")
    return denied("budget_exceeded", reason, { rules, terminal });
  // Shadow mode: what the softer limits would have done.
  const thens = named.map(({ budget }) => budget.then);
  if (thens.includes("require_approval")) {
    return { outcome: "require_approval", code: "approval_required", reason, rules, terminal: false };
  }
  if (thens.includes("skip")) return { outcome: "skip", code: "skipped", reason, rules, terminal: false };
  return { outcome: "degrade", code: "degraded", reason, rules, terminal: false };
}

function describeExceeded({ over }: ExceededBudget): string {
  const { claim, spent, held } = over;
  const limit = claim.limit ?? 0n;
  const left = limit - spent - held;
  const who = claim.partition === "" ? "" : ` (${claim.partition})`;
  const until = claim.endsAt === null ? "" : ` until ${new Date(claim.endsAt).toISOString()}`;
  const has = `${formatAmount(claim.unit, left < 0n ? 0n : left)} left of ${formatAmount(claim.unit, limit)}`;
  const open = held > 0n ? ` (${formatAmount(claim.unit, held)} held by open calls)` : "";
  return `budget "${claim.budget}"${who} has ${has}${open}${until}; this call can come to ${formatAmount(claim.unit, claim.amount)}`;
}

/** Lets the soft limits that an action does not fit into have their say: skip, then approval, then degrade. */
async function hearSoftLimits(
  core: GateCore,
  attempt: Attempt,
  plan: Plan,
  exceeded: readonly ExceededBudget[],
  judgeAgain: (plan: Plan) => Promise<Plan | Finding>,
): Promise<Plan | Finding> {
  const reason = exceeded.map(describeExceeded).join("; ");
  const rules = [...plan.rules, ...exceeded.map(({ budget }) => budget.id)];
  const { evaluators } = plan;
  if (exceeded.some(({ budget }) => budget.then === "require_approval")) {
    const need = { reason, rules, approver: null, ttlMs: core.approvalTtlMs };
    const finding = approve(core, attempt, need);
    if (finding !== null) return { ...finding, evaluators };
  }
  if (exceeded.some(({ budget }) => budget.then === "skip")) {
    return { outcome: "skip", code: "skipped", reason, rules, evaluators, terminal: false };
  }
  const patches = exceeded.flatMap(({ budget }) => (budget.degrade === undefined ? [] : [budget.degrade]));
  const next = rewrite({ ...plan, reason, rules }, patches, attempt.accepts);
  // What a soft limit makes of an action is judged like any other.
  return isFinding(next) || next.digest === plan.digest ? next : judgeAgain(next);
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
  return denied("idempotency_conflict", `key "${attempt.key}" cannot be used again: ${why[reason]}`);
}
