import type { Action } from "../../action/action.ts";
import { given } from "../../codec/given.ts";
import { InvalidConfig } from "../../errors.ts";
import type { EvaluationContext, Evaluator } from "../evaluator.ts";
import { actionDescriber } from "./described-action.ts";
import { optionalText, type RemoteAnswer } from "./remote-answer.ts";
import { type RemoteOptions, remoteEvaluator } from "./remote-evaluator.ts";

/** Options of {@link httpEvaluator}. */
export interface HttpEvaluatorOptions extends RemoteOptions {
  /** Where the policy decision point is: `https://pdp.example`. */
  readonly url: string | URL;
  /** @default "/api/v1/pdp/evaluate" */
  readonly path?: string;
  /** @default "pdp" */
  readonly name?: string;
  /** What is asked in place of the default question; it is the key of the cache, too, so without ids and times. */
  readonly question?: (action: Action, context: EvaluationContext) => Readonly<Record<string, unknown>>;
  /** Reads other answers than the default ones; whatever it throws denies. */
  readonly read?: (answer: Readonly<Record<string, unknown>>) => RemoteAnswer;
}

/**
 * Makes an evaluator of a policy decision point over HTTP, by default MeshGuard's `POST /api/v1/pdp/evaluate`.
 *
 * Sent is `{ request_id, agent_id, action, context }`, where `request_id` is the id of the decision's receipt and
 * `context` the action. An answer is `{ decision: "allow" | "deny" | "review" }` with `reason`, `rule` (or
 * `policy_id`), `approver`, `terminal`, `policy_version`, `cacheable` and `decision_id` where the server knows
 * them. Anything else, a status other than 200, a redirect, too long an answer or none in time is a failure of the
 * evaluator, which denies. So are `obligations`: nobody here would meet them.
 *
 * @throws InvalidConfig naming the option that makes no sense.
 */
export function httpEvaluator(options: HttpEvaluatorOptions): Evaluator {
  const { name = "pdp", path = "/api/v1/pdp/evaluate", url, read = readAnswer } = options;
  const describe = actionDescriber(options.params);
  if (!/^\/[^\s#]*$/.test(path)) throw new InvalidConfig("path", "expected a path that begins with /");
  const question = options.question ?? defaultQuestion(describe);
  return remoteEvaluator(
    {
      name,
      url,
      path,
      known: ["url", "path", "name", "question", "read"],
      question,
      body: (asked, { decision }) => ({ ...asked, request_id: decision }),
      read,
    },
    options,
  );
}

function defaultQuestion(
  describe: (action: Action) => Readonly<Record<string, unknown>>,
): NonNullable<HttpEvaluatorOptions["question"]> {
  return (action) =>
    given({ agent_id: action.subject.agent, action: action.name, context: describe(action) });
}

const decisions: Readonly<Record<string, RemoteAnswer["decision"]>> = {
  allow: "allow",
  deny: "deny",
  review: "require_approval",
  require_approval: "require_approval",
};

/** Reads an answer in the form of {@link httpEvaluator}. */
export function readAnswer(answer: Readonly<Record<string, unknown>>): RemoteAnswer {
  const { decision, allowed, obligations, terminal, cacheable, budget_dependent: byBudget } = answer;
  const said =
    typeof decision === "string" && Object.hasOwn(decisions, decision) ? decisions[decision] : undefined;
  if (said === undefined) throw new Error("the policy server answered neither allow, deny nor review");
  if (allowed !== undefined && allowed !== (said === "allow")) {
    throw new Error("the policy server's answer contradicts itself");
  }
  // Null is how many servers write that they say nothing. Anything else but a plain no speaks of stopping the run.
  const stops = terminal !== undefined && terminal !== null && terminal !== false;
  if (stops && said !== "deny") throw new Error("the policy server's answer contradicts itself");
  if (isSome(obligations))
    throw new Error("the policy server's answer has obligations, which nobody here meets");
  return given({
    decision: said,
    reason: optionalText(answer.reason),
    rule: optionalText(answer.rule) ?? optionalText(answer.policy_id),
    id: optionalText(answer.decision_id),
    approver: optionalText(answer.approver),
    terminal: stops ? true : undefined,
    policyVersion: optionalText(answer.policy_version),
    cacheable:
      byBudget !== undefined && byBudget !== false
        ? false
        : typeof cacheable === "boolean"
          ? cacheable
          : undefined,
  });
}

function isSome(obligations: unknown): boolean {
  if (obligations === undefined || obligations === null) return false;
  return !(Array.isArray(obligations) && obligations.length === 0);
}
