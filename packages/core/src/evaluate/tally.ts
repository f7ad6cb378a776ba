import type { Patch } from "../action/action.ts";
import { given } from "../codec/given.ts";
import type { JsonValue } from "../codec/json.ts";
import type { Verdict } from "./evaluator.ts";
import { type EvaluatorFailure, type Judgement, type Outcome, outcomes } from "./judgement.ts";

const rank: Readonly<Record<Outcome, number>> = Object.fromEntries(
  outcomes.map((outcome, index) => [outcome, index]),
) as Record<Outcome, number>;

/** Gathers verdicts in the order in which they are given, into one judgement. */
export class Tally {
  #outcome: Outcome = "allow";
  #terminal = false;
  #reason: string | null = null;
  #rules: string[] = [];
  readonly #asked: string[] = [];
  readonly #patches: Patch[] = [];
  #result: JsonValue | undefined;
  #approver: string | undefined;
  #ttlMs: number = Number.POSITIVE_INFINITY;
  #failure: EvaluatorFailure | null = null;

  /** Notes that an evaluator is asked: before its answer, which may never come. */
  ask(evaluator: string): void {
    this.#asked.push(evaluator);
  }

  /** Adds what an evaluator answered; the verdict must have been checked. */
  add(evaluator: string, verdict: Verdict): void {
    if (verdict.decision === "degrade") this.#patches.push(verdict.patch);
    const { decision } = verdict;
    if (rank[decision] < rank[this.#outcome]) return;
    if (decision !== this.#outcome) {
      this.#outcome = decision;
      this.#reason = null;
      this.#rules = [];
    }
    const first = this.#reason === null;
    this.#reason ??= verdict.reason ?? null;
    // Every evaluator allows until one objects: only an allow that names its rule is worth a line.
    if (verdict.rule !== undefined) this.#rules.push(`${evaluator}/${verdict.rule}`);
    else if (decision !== "allow") this.#rules.push(evaluator);
    if (verdict.decision === "skip" && first) this.#result = verdict.result;
    if (verdict.decision === "deny") this.#terminal = verdict.terminal === true;
    if (verdict.decision === "require_approval") {
      // There is one request: to the first approver that is named, for the shortest time that is asked for.
      this.#approver ??= verdict.approver;
      this.#ttlMs = Math.min(this.#ttlMs, verdict.ttlMs ?? Number.POSITIVE_INFINITY);
    }
  }

  /** Notes that an evaluator could not decide; the first one is what is told of. */
  fail(failure: EvaluatorFailure): void {
    this.#failure ??= failure;
  }

  /** What all verdicts together say; whoever failed had none. */
  judgement(): Judgement {
    return {
      outcome: this.#outcome,
      terminal: this.#terminal,
      reason: this.#reason ?? "no evaluator objected",
      rules: this.#rules,
      evaluators: this.#asked,
      patches: this.#patches,
      ...(this.#outcome === "skip" && this.#result !== undefined ? { result: this.#result } : {}),
      ...(this.#outcome === "require_approval" ? this.#approval() : {}),
      ...(this.#failure === null ? {} : { failure: this.#failure }),
    };
  }

  /** The judgement where a failure denies, whatever the others said. */
  denial(): Judgement {
    const failure = this.#failure;
    return {
      outcome: "deny",
      terminal: false,
      reason: failure?.reason ?? "no evaluator objected",
      rules: failure === null ? [] : [failure.evaluator],
      evaluators: this.#asked,
      patches: this.#patches,
      ...(failure === null ? {} : { failure }),
    };
  }

  #approval(): Pick<Judgement, "approver" | "approvalTtlMs"> {
    return given({
      approver: this.#approver,
      approvalTtlMs: Number.isFinite(this.#ttlMs) ? this.#ttlMs : undefined,
    });
  }
}
