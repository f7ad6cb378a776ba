import type { Action, Patch } from "../action/action.ts";
import { given } from "../codec/given.ts";
import { checkEvaluatorName, checkEvaluators } from "./check-evaluators.ts";
import type { EvaluationContext, Evaluator, Verdict } from "./evaluator.ts";
import { type Composite, expandComposites, parts } from "./expand-composites.ts";
import type { Judgement } from "./judgement.ts";
import { Tally } from "./tally.ts";
import { verdictFlaw } from "./verdict-flaw.ts";

/**
 * Makes one evaluator of several: a deny overrides and ends the asking, else the most restrictive wins.
 *
 * A gate asks its parts one by one under names such as `house-rules/allow-tools`: each has its own time, a
 * failure is that part's, and rules and patches are kept as they are. Asked by anybody else, it merges the
 * answers into one verdict, and throws where none can say it all (a degrade and an approval together).
 *
 * @throws InvalidConfig when the name or a part makes no sense, or two parts have the same name.
 */
export function composite(name: string, evaluators: readonly Evaluator[]): Evaluator {
  checkEvaluatorName(name, "name");
  checkEvaluators(evaluators);
  const members = expandComposites(evaluators);
  const made: Composite = {
    name,
    evaluate: (action, context) => askAll(members, action, context),
    [parts]: members.map(
      (member): Evaluator =>
        given({
          name: `${name}/${member.name}`,
          timeoutMs: member.timeoutMs,
          evaluate: (action: Action, context: EvaluationContext) => member.evaluate(action, context),
        }),
    ),
  };
  return made;
}

async function askAll(
  members: readonly Evaluator[],
  action: Action,
  context: EvaluationContext,
): Promise<Verdict> {
  const tally = new Tally();
  for (const member of members) {
    const verdict: Verdict = await member.evaluate(action, context);
    const flaw = verdictFlaw(verdict);
    if (flaw !== null) throw new TypeError(`evaluator "${member.name}" answered nonsense: ${flaw}`);
    tally.add(member.name, verdict);
    if (verdict.decision === "deny") break;
  }
  return toVerdict(tally.judgement());
}

function toVerdict(judgement: Judgement): Verdict {
  const { outcome, reason, rules, patches, result, approver, approvalTtlMs } = judgement;
  const why = given({ reason, rule: rules.length === 0 ? undefined : rules.join(", ") });
  switch (outcome) {
    case "allow":
      return { decision: "allow", ...why };
    case "degrade":
      return { decision: "degrade", patch: patches.reduce(mergePatches, {}), ...why };
    case "skip":
      return given({ decision: "skip", ...why, result });
    case "deny":
      return { decision: "deny", terminal: judgement.terminal, ...why };
    case "require_approval":
      if (patches.length > 0) throw new Error("one verdict cannot both degrade and ask; only a gate can");
      return given({ decision: "require_approval", ...why, approver, ttlMs: approvalTtlMs });
  }
}

/** The patch that does what the first and then the second does. */
function mergePatches(first: Patch, second: Patch): Patch {
  const limits = [first.maxOutputTokens, second.maxOutputTokens].filter((limit) => limit !== undefined);
  return {
    ...first,
    ...second,
    ...(first.params && second.params ? { params: { ...first.params, ...second.params } } : {}),
    ...(limits.length === 0 ? {} : { maxOutputTokens: Math.min(...limits) }),
  };
}
