import type { Action, EvaluationContext, Evaluator, Verdict } from "@tollgate/core";
import { capabilityTiers } from "@tollgate/core/evaluators";
import { type Capability, type NamePattern, namePattern } from "@tollgate/core/policy";
import type { PolicyDocument } from "../document/read-document.ts";
import { subjectWithRole } from "./subject-role.ts";

const allow: Verdict = Object.freeze({ decision: "allow" });

/** The evaluators of a policy's roles, subjects and capabilities, as far as it has them. */
export function roleEvaluators(document: PolicyDocument): readonly Evaluator[] {
  const evaluators: Evaluator[] = [];
  if (!document.subjectRoles.isEmpty) evaluators.push(claimedRoles(document));
  if ([...document.roles.values()].some(({ tools }) => tools !== null)) evaluators.push(roleTools(document));
  if (document.tiers !== null) evaluators.push(tiers(document));
  return evaluators;
}

/** Denies a subject that claims a role other than those the policy assigns it. */
function claimedRoles({ subjectRoles }: PolicyDocument): Evaluator {
  return {
    name: "policy-subjects",
    evaluate({ subject }: Action): Verdict {
      if (subject.role === undefined) return allow;
      const roles = subjectRoles.of(subject);
      if (roles.length === 0 || roles.includes(subject.role)) return allow;
      return deny(`the subject claims the role "${subject.role}", and has ${roles.join(", ")}`, subject.role);
    },
  };
}

/** Denies tool calls that are not on the list of the subject's role. */
function roleTools({ roles, subjectRoles }: PolicyDocument): Evaluator {
  const lists = new Map<string, NamePattern | null>();
  for (const [name, { tools }] of roles) lists.set(name, tools === null ? null : namePattern(tools, "tools"));
  return {
    name: "policy-roles",
    evaluate(action: Action): Verdict {
      if (action.kind !== "tool") return allow;
      const { role } = subjectWithRole(action.subject, subjectRoles);
      if (role === undefined) return deny("subject.role is missing, and tools are by role");
      const matches = lists.get(role);
      if (matches === undefined) return deny(`the policy has no role "${role}"`);
      if (matches === null || matches(action.name) !== null) return allow;
      return deny(`the role "${role}" has no tool "${action.name}"`, role);
    },
  };
}

function tiers({ roles, subjectRoles, tiers: needed }: PolicyDocument): Evaluator {
  const grants: Record<string, Capability> = {};
  for (const [name, { capability }] of roles) if (capability !== null) grants[name] = capability;
  const inner = capabilityTiers({
    name: "policy-capabilities",
    tools: needed?.tools ?? {},
    otherwise: needed?.otherwise ?? "deny",
    grants,
  });
  return {
    name: inner.name,
    evaluate: (action: Action, context: EvaluationContext) =>
      inner.evaluate({ ...action, subject: subjectWithRole(action.subject, subjectRoles) }, context),
  };
}

function deny(reason: string, rule?: string): Verdict {
  return rule === undefined ? { decision: "deny", reason } : { decision: "deny", reason, rule };
}
