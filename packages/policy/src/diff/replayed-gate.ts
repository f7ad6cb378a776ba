import type { Evaluator, PolicyInForce } from "@tollgate/core";
import {
  type ApprovalStore,
  createGate,
  createSigner,
  type Decision,
  type Gate,
  memoryLog,
  type Receipt,
  type Run,
} from "@tollgate/core";
import type { Policy } from "../policy.ts";
import { PolicyEvaluator } from "../rules/policy-evaluator.ts";

type DecisionBody = Extract<Receipt["body"], { readonly type: "decision" }>;

/** The outcomes of decisions after which a call was made. */
const passed: ReadonlySet<string> = new Set(["allow", "degrade"]);

/** A gate that makes past decisions again, at their times. */
export class ReplayedGate {
  now = 0;
  /** The rules that would have had to see the parameters of the action that was decided last. */
  untold: readonly string[] = [];
  #hasParams = true;
  /** Whether somebody approved the action that is decided: whoever asks for that now has it. */
  #isApproved = false;
  readonly #gate: Gate;
  readonly #runs = new Map<string, Run>();

  constructor(policy: Policy) {
    const inForce = policy.policy();
    const replayed: PolicyInForce = {
      ...inForce,
      evaluators: (inForce.evaluators ?? []).map((each) =>
        each instanceof PolicyEvaluator ? this.#replayed(each) : each,
      ),
    };
    this.#gate = createGate({
      policy: () => replayed,
      signer: createSigner(),
      log: memoryLog({ maxReceipts: 1 }),
      approvals: this.#approvals(),
      // Nothing that happens here takes time, and chains that are read one after the other go back.
      clock: { now: () => this.now, setTimer: () => null, clearTimer: () => undefined },
      clockToleranceMs: Number.MAX_SAFE_INTEGER,
    });
  }

  /** Decides the action of a receipt as it was asked for, in its run, for what was held for it. */
  decide(body: DecisionBody): Promise<Decision> {
    this.now = Date.parse(body.time);
    this.untold = [];
    this.#hasParams = body.action.params !== undefined;
    this.#isApproved = body.approval !== undefined && passed.has(body.decision.outcome);
    const { kind, name, provider, params, subject } = body.action;
    const amounts: Record<string, bigint> = {};
    for (const { unit, amount } of [...body.claims, ...(body.exceeded ?? [])]) amounts[unit] = BigInt(amount);
    return this.#gate.decide(
      {
        kind: kind as "tool",
        name,
        amounts,
        ...(provider === undefined ? {} : { provider }),
        // Made from the digest it keeps different actions apart; no rule sees it.
        params: params === undefined ? numberOf(body.action.digest) : JSON.parse(params),
      },
      { run: this.#runOf(body), subject, accepts: ["model", "provider", "params", "maxOutputTokens"] },
    );
  }

  close(): Promise<void> {
    return this.#gate.close();
  }

  #replayed(evaluator: PolicyEvaluator): Evaluator {
    return {
      name: evaluator.name,
      evaluate: async (action, context) => {
        if (this.#hasParams) return evaluator.evaluate(action, context);
        const { verdict, untold } = await evaluator.judgeUnknown(action, context);
        this.untold = untold;
        return verdict;
      },
    };
  }

  #approvals(): ApprovalStore {
    return {
      ask: (request, decision) => (this.#isApproved ? { ...request, status: "used", decision } : request),
      answer: () => null,
      giveBack: () => undefined,
      withdraw: () => undefined,
      expire: () => [],
      get: () => null,
      list: () => [],
    };
  }

  #runOf({ action }: DecisionBody): Run {
    const id = action.root ?? action.run;
    let run = this.#runs.get(id);
    if (run === undefined) {
      run = this.#gate.run({ id });
      this.#runs.set(id, run);
    }
    return run;
  }
}

/** The first 52 bits of a digest: `sha256:` and hex digits. */
function numberOf(digest: string): number {
  return Number.parseInt(digest.slice(-64, -51), 16);
}
