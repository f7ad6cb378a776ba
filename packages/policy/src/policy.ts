import type { AcceptPolicy, Action, Clock, EvaluationContext, PolicyInForce, Verdict } from "@tollgate/core";
import { systemClock } from "@tollgate/core/driver";
import { isSame, type Looked, lookAgain, type Origin, originOf } from "./document/find-files.ts";
import { InvalidPolicy, type PolicyProblem } from "./document/problem.ts";
import { type PolicyDocument, readDocument } from "./document/read-document.ts";
import { policyDigest } from "./policy-digest.ts";
import { PolicyGates } from "./policy-gates.ts";
import type { AskedRule } from "./rules/decide-rules.ts";
import { PolicyEvaluator } from "./rules/policy-evaluator.ts";
import { roleEvaluators } from "./rules/role-evaluators.ts";
import { roleThatCounts } from "./rules/subject-role.ts";

/** Options of {@link loadPolicy}. */
export interface PolicyOptions {
  /** Where the secrets of a policy come from. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How many steps the expressions of one decision may take together; beyond it they deny. @default 1000000 */
  readonly maxSteps?: number;
}

/** Options of {@link Policy.watch}. */
export interface WatchOptions {
  /** How often the files are looked at, in milliseconds. @default 2000 */
  readonly everyMs?: number;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Sees every change that is in force from now on. */
  readonly onReload?: (policy: Policy) => void;
  /** Sees what is wrong with files that have changed; the policy before them stays in force. */
  readonly onInvalid?: (error: InvalidPolicy) => void;
}

/** How a policy comes to its answer about one action. */
export interface Explanation {
  readonly verdict: Verdict;
  /** The evaluator that gave it: `policy` for the rules. Of a case also `budgets` and `prices`. */
  readonly by: string;
  /** The rules that the action could match, in the order in which they are asked; none where a role denied before. */
  readonly rules: readonly AskedRule[];
}

/** What a policy says, ready to be asked. */
interface Loaded {
  readonly document: PolicyDocument;
  readonly evaluator: PolicyEvaluator;
  readonly inForce: PolicyInForce;
}

/**
 * A policy, to be spread into a gate's options: `createGate({ ...policy })`.
 *
 * A gate asks it once for each decision, so that it changes as a whole and between decisions.
 */
export class Policy {
  /** The gate's option: what is in force now. */
  readonly policy: (accept?: AcceptPolicy) => PolicyInForce;
  readonly #gates = new PolicyGates();
  readonly #options: PolicyOptions;
  #origin: Origin;
  #loaded: Loaded;
  /** What stood in the files that were read last, whether it could be used or not. */
  #looked: Looked = new Map();

  constructor(origin: Origin, options: PolicyOptions) {
    this.#origin = origin;
    this.#options = options;
    this.#loaded = load(origin, options, this.#looked);
    // Bound: a spread takes along the function alone.
    this.policy = (accept) => {
      if (accept !== undefined) this.#gates.add(accept);
      return this.#loaded.inForce;
    };
  }

  /** `sha256:` and 64 hex digits: of what the policy says, however it is written. */
  get digest(): string {
    return this.#loaded.inForce.digest;
  }

  /** The absolute paths of the files that it was read from. */
  get files(): readonly string[] {
    return this.#loaded.document.files;
  }

  /** The ids of its rules, in the order in which they are asked. */
  get ruleIds(): readonly string[] {
    return this.#loaded.document.rules.map(({ id }) => id);
  }

  /** The units of its budgets by their ids. */
  get budgetUnits(): ReadonlyMap<string, string> {
    return new Map(this.#loaded.document.budgets.map(({ budget: { id, unit } }) => [id, unit]));
  }

  /**
   * Reads the policy again, or another one in its place; true when it says something else now.
   *
   * @throws InvalidPolicy when it cannot be used, also when one of the gates that have it cannot, such as for a budget
   * of its own that has the same id; the one before stays in force in all of them.
   */
  reload(pathOrText?: string | URL): boolean {
    const origin = pathOrText === undefined ? this.#origin : originOf(pathOrText);
    const looked: Looked = new Map();
    let loaded: Loaded;
    try {
      loaded = load(origin, this.#options, looked);
      this.#gates.check(loaded.document, loaded.inForce);
    } catch (error) {
      // Of another policy that is not taken nothing is watched.
      if (origin === this.#origin) this.#looked = looked;
      throw error;
    }
    this.#looked = looked;
    this.#origin = origin;
    const hasChanged = loaded.inForce.digest !== this.digest;
    // Secrets can have changed without the digest.
    this.#loaded = loaded;
    return hasChanged;
  }

  /**
   * Reloads the policy when its files have changed and then stayed the same for one look, so that none is read while
   * it is being written; answers what ends that. What cannot be used is tried again once its files have changed, also
   * those that could not be read.
   */
  watch(options: WatchOptions = {}): () => void {
    const { everyMs = 2000, clock = systemClock } = options;
    let seen = this.#looked;
    let told: string | null = null;
    const look = (): void => {
      timer = clock.setTimer(look, everyMs);
      const now = lookAgain(this.#looked.keys());
      const isSteady = isSame(now, seen);
      seen = now;
      // What it was read from, and not what stands there by now: nothing that is written meanwhile is missed.
      if (!isSteady || isSame(now, this.#looked)) return;
      try {
        const hasChanged = this.reload();
        told = null;
        if (hasChanged) options.onReload?.(this);
      } catch (error) {
        if (!(error instanceof InvalidPolicy)) throw error;
        if (told !== error.message) options.onInvalid?.(error);
        told = error.message;
      }
    };
    let timer = clock.setTimer(look, everyMs);
    return () => clock.clearTimer(timer);
  }

  /** Tells which rules look at an action and why it is decided so; nothing is counted or reserved. */
  async explain(action: Action, context: EvaluationContext): Promise<Explanation> {
    const { evaluator, document } = this.#loaded;
    for (const each of roleEvaluators(document)) {
      const verdict = await each.evaluate(action, context);
      if (verdict.decision === "deny") return { verdict, by: each.name, rules: [] };
    }
    const rules: AskedRule[] = [];
    const verdict = await evaluator.judge(action, context, rules);
    return { verdict, by: evaluator.name, rules };
  }
}

/**
 * Loads a policy from a file, by its path, or from a text of more than one line.
 *
 * @throws InvalidPolicy with everything that is wrong, by file, line and column.
 */
export function loadPolicy(pathOrText: string | URL, options: PolicyOptions = {}): Policy {
  return new Policy(originOf(pathOrText), options);
}

/** Everything that is wrong with a policy; empty when a gate can use it. */
export function lintPolicy(pathOrText: string | URL, options: PolicyOptions = {}): readonly PolicyProblem[] {
  try {
    loadPolicy(pathOrText, options);
    return [];
  } catch (error) {
    if (error instanceof InvalidPolicy) return error.problems;
    throw error;
  }
}

/** @throws InvalidPolicy whatever is wrong: who reloads a policy must not be brought down by a file. */
function load(origin: Origin, options: PolicyOptions, looked: Looked): Loaded {
  try {
    return makeLoaded(origin, options, looked);
  } catch (error) {
    if (error instanceof InvalidPolicy) throw error;
    const message = `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new InvalidPolicy([{ file: origin.path ?? "policy", line: 1, column: 1, message }], {
      cause: error,
    });
  }
}

function makeLoaded(
  origin: Origin,
  { env = process.env, maxSteps = 1_000_000 }: PolicyOptions,
  looked: Looked,
): Loaded {
  const document = readDocument(origin, env, looked);
  const evaluator = new PolicyEvaluator(document, maxSteps);
  const { prices, unpriced, subjectRoles } = document;
  const optional: Pick<PolicyInForce, "prices" | "unpriced" | "roleOf"> = {
    ...(subjectRoles.isEmpty ? {} : { roleOf: (subject) => roleThatCounts(subject, subjectRoles) }),
    ...(prices === null ? {} : { prices }),
    ...(unpriced === null ? {} : { unpriced }),
  };
  return {
    document,
    evaluator,
    inForce: {
      digest: policyDigest(document),
      budgets: document.budgets.map(({ input }) => input),
      evaluators: [
        ...roleEvaluators(document),
        ...(document.rules.length > 0 || document.otherwise === "deny" ? [evaluator] : []),
      ],
      ...optional,
    },
  };
}
