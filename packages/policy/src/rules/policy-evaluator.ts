import type { Action, EvaluationContext, Evaluator, Verdict } from "@tollgate/core";
import { CannotEvaluate } from "../cel/cannot-evaluate.ts";
import { type BudgetView, Meter, type Scope } from "../cel/scope.ts";
import type { PolicyDocument } from "../document/read-document.ts";
import { BudgetReader, type BudgetViews } from "./budget-views.ts";
import { type AskedRule, decideRules } from "./decide-rules.ts";
import { DecisionMeters } from "./decision-meters.ts";
import { LocalTime } from "./local-time.ts";
import { RuleIndex } from "./rule-index.ts";
import { subjectWithRole } from "./subject-role.ts";

const allowed: Verdict = Object.freeze({ decision: "allow" });
const denied: Verdict = Object.freeze({
  decision: "deny",
  reason: "no rule of the policy allows it",
  rule: "otherwise",
});

/** The rules of a policy as an evaluator, which can also tell how it came to its answer. */
export class PolicyEvaluator implements Evaluator {
  readonly name = "policy";
  readonly #document: PolicyDocument;
  readonly #index: RuleIndex;
  readonly #budgets: BudgetReader;
  readonly #time: LocalTime;
  readonly #maxSteps: number;
  readonly #meters: DecisionMeters;

  constructor(document: PolicyDocument, maxSteps: number) {
    this.#document = document;
    this.#index = new RuleIndex(document.rules);
    this.#budgets = new BudgetReader(document.budgets.map(({ budget }) => budget));
    this.#time = new LocalTime(document.timeZone);
    this.#maxSteps = maxSteps;
    this.#meters = new DecisionMeters(maxSteps);
  }

  evaluate(action: Action, context: EvaluationContext): Verdict | Promise<Verdict> {
    return this.judge(action, context, null, this.#meters.of(context.decision));
  }

  /** Evaluates, and notes in `asked` what became of each rule that the action could match. */
  judge(
    asking: Action,
    context: EvaluationContext,
    asked: AskedRule[] | null,
    meter: Meter = new Meter(this.#maxSteps),
  ): Verdict | Promise<Verdict> {
    const { rules, budgets } = this.#index.find(asking);
    if (rules.length === 0) return this.#otherwise();
    // A gate has filled the role in already; whoever only explains has not.
    const subject = subjectWithRole(asking.subject, this.#document.subjectRoles);
    const action = subject === asking.subject ? asking : { ...asking, subject };
    const decide = (views: BudgetViews): Verdict => {
      const verdict = decideRules(rules, this.#scope(action, context, views, meter), asked);
      if (asked === null) this.#meters.note(context.decision, meter);
      return verdict ?? this.#otherwise();
    };
    if (budgets.length === 0) return decide(noViews);
    const views = this.#budgets.read(budgets, action, context);
    return views instanceof Promise ? views.then(decide) : decide(views);
  }

  /**
   * Evaluates an action whose parameters nobody knows; and tells which rules look at them where it is they that decide.
   */
  async judgeUnknown(
    action: Action,
    context: EvaluationContext,
  ): Promise<{ readonly verdict: Verdict; readonly untold: readonly string[] }> {
    const asked: AskedRule[] = [];
    const verdict = await this.judge({ ...action, params: unknownParams }, context, asked);
    const failed = asked.filter(({ problem }) => problem === unknownText).map(({ rule }) => rule);
    if (failed.length === 0 || verdict.decision !== "deny" || verdict.terminal === true) {
      return { verdict, untold: [] };
    }
    const matched = asked.filter(({ answer }) => answer === "matched").map(({ rule }) => rule);
    const decisionOf = (id: string): string | undefined =>
      this.#document.rules.find((rule) => rule.id === id)?.then.decision;
    // What another rule denies for sure is denied whatever the parameters are, unless they stop the run.
    const isSure =
      matched.some((id) => decisionOf(id) === "deny") && !failed.some((id) => decisionOf(id) === "stop");
    return { verdict, untold: isSure ? [] : failed };
  }

  #otherwise(): Verdict {
    return this.#document.otherwise === "deny" ? denied : allowed;
  }

  #scope(action: Action, { run, now }: EvaluationContext, views: BudgetViews, meter: Meter): Scope {
    const scope = {
      action: { ...action },
      subject: action.subject as Scope["subject"],
      run: new RunFields(run, now),
      time: this.#time.at(now),
      params: action.params,
      meter,
      locals: [],
      budget: (id: string) => viewIn(views, id),
    };
    if (action.params !== unknownParams) return scope;
    return Object.defineProperty(scope, "params", {
      get: () => {
        throw new CannotEvaluate(unknownText);
      },
    });
  }
}

/** Stands for parameters that nobody knows; and why a condition that looks at them has no value. */
const unknownParams: Action["params"] = Object.freeze({});
const unknownText = "its receipt does not have params";

const noViews: BudgetViews = new Map();

function viewIn(views: BudgetViews, id: string): BudgetView {
  const view = views.get(id);
  if (view === undefined) throw new CannotEvaluate(`budget "${id}" was not looked up`);
  if (view instanceof CannotEvaluate) throw view;
  return view;
}

/** The members of `run`, worked out when they are looked at. */
class RunFields implements Record<string, unknown> {
  [member: string]: unknown;
  readonly #run: EvaluationContext["run"];
  readonly #now: number;

  constructor(run: EvaluationContext["run"], now: number) {
    this.#run = run;
    this.#now = now;
  }

  get id(): string {
    return this.#run.root;
  }

  get steps(): bigint {
    return BigInt(this.#run.steps);
  }

  get calls(): bigint {
    return BigInt(this.#run.calls);
  }

  get repeats(): bigint {
    return BigInt(this.#run.repeats);
  }

  get spent(): bigint {
    return this.#run.spent;
  }

  get started(): bigint {
    return BigInt(Math.floor(this.#run.startedAt));
  }

  get seconds(): bigint {
    return BigInt(Math.max(0, Math.floor((this.#now - this.#run.startedAt) / 1000)));
  }
}
