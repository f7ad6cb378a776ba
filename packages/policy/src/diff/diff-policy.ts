import type { Decision, Receipt, Subject } from "@tollgate/core";
import { isJudged } from "@tollgate/core/policy";
import type { Expectation } from "../cases/policy-case.ts";
import type { Policy } from "../policy.ts";
import { ReplayedGate } from "./replayed-gate.ts";

type DecisionBody = Extract<Receipt["body"], { readonly type: "decision" }>;
type SettlementBody = Extract<Receipt["body"], { readonly type: "settlement" }>;

/** A past decision that another policy would make differently. */
export interface ChangedDecision {
  readonly receipt: string;
  readonly time: string;
  readonly run: string;
  readonly subject: Subject;
  readonly kind: string;
  readonly name: string;
  readonly was: Expectation;
  readonly now: Expectation;
  /** Why it would be so. */
  readonly reason: string;
  readonly rules: readonly string[];
  /** What the call was settled at, or was held for it, in nano-dollars; null where nobody knows. */
  readonly usd: bigint | null;
}

/** What another policy would have made of past decisions. */
export interface PolicyDiff {
  readonly decisions: number;
  readonly changed: readonly ChangedDecision[];
  /** Decisions that depend on parameters which their receipts do not have. */
  readonly untold: number;
  /** The rules that look at them, with how many decisions each; in the order of their ids. */
  readonly untoldBy: readonly { readonly rule: string; readonly decisions: number }[];
  /** What was settled for them in nano-dollars; no part of `wouldSpend`. */
  readonly untoldSpent: bigint;
  /** What was settled in nano-dollars, and how much of it the policy would have let through. */
  readonly spent: bigint;
  readonly wouldSpend: bigint;
}

/**
 * Makes past decisions again, in their order and at their times, under a policy: with its rules, roles, budgets and
 * prices, over a ledger in memory that begins empty.
 *
 * What was settled is settled alike, if it goes through. Decisions that a failure or the closing of the gate made are
 * passed over, as are budgets and rules that were not part of a policy.
 */
export async function diffPolicy(
  policy: Policy,
  receipts: Iterable<Receipt> | AsyncIterable<Receipt>,
): Promise<PolicyDiff> {
  const replay = new Replay(policy);
  for await (const { body } of receipts) {
    if (body.type === "decision") await replay.decide(body);
    else if (body.type === "settlement") await replay.settle(body);
  }
  return replay.end();
}

/** A change whose money is known when its call is settled. */
type Pending = { -readonly [Member in keyof ChangedDecision]: ChangedDecision[Member] };

class Replay {
  readonly #gate: ReplayedGate;
  readonly #changed: Pending[] = [];
  readonly #pending = new Map<
    string,
    { readonly change: Pending | null; readonly permit: Decision["permit"]; readonly isUntold: boolean }
  >();
  #decisions = 0;
  #untold = 0;
  readonly #untoldBy = new Map<string, number>();
  #untoldSpent = 0n;
  #spent = 0n;
  #wouldSpend = 0n;

  constructor(policy: Policy) {
    this.#gate = new ReplayedGate(policy);
  }

  async decide(body: DecisionBody): Promise<void> {
    const { outcome, terminal, code } = body.decision;
    if (!isJudged(code)) return;
    this.#decisions += 1;
    const decision = await this.#gate.decide(body);
    const { untold } = this.#gate;
    const isUntold = untold.length > 0;
    if (isUntold) this.#untold += 1;
    for (const rule of untold) this.#untoldBy.set(rule, (this.#untoldBy.get(rule) ?? 0) + 1);
    const was = terminal ? "stop" : (outcome as Expectation);
    const now = decision.terminal ? "stop" : decision.outcome;
    const change: Pending | null =
      isUntold || was === now
        ? null
        : {
            receipt: body.id,
            time: body.time,
            run: body.action.run,
            subject: body.action.subject as Subject,
            kind: body.action.kind,
            name: body.action.name,
            was,
            now,
            reason: decision.reason,
            rules: decision.rules,
            usd: heldOf(body) ?? decision.claims.find(({ unit }) => unit === "usd")?.amount ?? null,
          };
    if (change !== null) this.#changed.push(change);
    // What was refused is never settled; of what was let through then, only this is to be ended now.
    if (outcome === "allow" || outcome === "degrade") {
      this.#pending.set(body.id, { change, permit: decision.permit, isUntold });
    }
  }

  async settle(body: SettlementBody): Promise<void> {
    const { change, permit, isUntold } = this.#pending.get(body.decision) ?? notMade;
    this.#pending.delete(body.decision);
    this.#gate.now = Date.parse(body.time);
    if (body.outcome !== "settled") {
      if (body.outcome === "released") await permit?.release("released");
      return;
    }
    const amounts = Object.fromEntries(body.amounts.map(({ unit, amount }) => [unit, BigInt(amount)]));
    const { usd } = amounts;
    if (usd !== undefined) {
      this.#spent += usd;
      if (isUntold) this.#untoldSpent += usd;
      if (permit !== null) this.#wouldSpend += usd;
      if (change !== null) change.usd = usd;
    }
    await permit?.settle({ amounts });
  }

  async end(): Promise<PolicyDiff> {
    await this.#gate.close();
    return {
      decisions: this.#decisions,
      changed: this.#changed,
      untold: this.#untold,
      untoldBy: [...this.#untoldBy]
        .map(([rule, decisions]) => ({ rule, decisions }))
        .sort((a, b) => (a.rule < b.rule ? -1 : 1)),
      untoldSpent: this.#untoldSpent,
      spent: this.#spent,
      wouldSpend: this.#wouldSpend,
    };
  }
}

/** What is known of a decision that was not made again. */
const notMade = { change: null, permit: null, isUntold: false };

/** What was held for it in nano-dollars: no more than once, however many budgets hold it. */
function heldOf({ claims, exceeded }: DecisionBody): bigint | null {
  const claim = [...claims, ...(exceeded ?? [])].find(({ unit }) => unit === "usd");
  return claim === undefined ? null : BigInt(claim.amount);
}
