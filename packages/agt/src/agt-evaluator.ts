import type { Action, Awaitable, EvaluationContext, Evaluator, Verdict } from "@tollgate/core";
import { InvalidConfig } from "@tollgate/core";
import { type AgentStanding, whyOutlawed } from "./agent-standing.ts";
import { type AgtAnswer, askEngine } from "./agt-answer.ts";
import { agtAction, agtContext } from "./agt-context.ts";
import type { AgtAuditLog, AgtEngine } from "./agt-engine.ts";
import { type AgtEvaluatorOptions, checkAgtOptions } from "./agt-options.ts";
import { auditAction } from "./audit-action.ts";
import { FieldValues } from "./field-values.ts";
import type { AgtFinding } from "./lint-rich.ts";
import { LoadedPolicies } from "./loaded-policies.ts";

const allow: Verdict = Object.freeze({ decision: "allow" });

/**
 * Makes an evaluator of the policy engine of `@microsoft/agent-governance-sdk` 4: its deny is a deny, its review
 * asks for approval.
 *
 * Both rule sets of the engine are asked, the stricter answer counts, and an answer that is none is a deny. So is
 * a call for which it depends on AGT's guess at a value's type whether a rule fires, and everything once rules
 * are loaded that AGT misreads.
 *
 * @throws InvalidConfig when an option makes no sense, or the engine's policies hold rules that AGT misreads, naming
 *   each of them.
 */
export function agtEvaluator(engine: AgtEngine, options: AgtEvaluatorOptions = {}): Evaluator {
  checkAgtOptions(engine, options);
  const { name = "agt", timeoutMs, audit, kinds } = options;
  const loaded = new LoadedPolicies(engine, options);
  const findings = loaded.findings();
  if (findings.length > 0) throw new InvalidConfig("policyEngine", describe(findings));

  function judge(
    action: Action,
    context: EvaluationContext,
    agent: string | undefined,
  ): Awaitable<AgtVerdict> {
    const wrong = loaded.findings();
    if (wrong.length > 0) return deny(`its rules have changed: ${describe(wrong)}`, "lint");
    if (agent === undefined && (loaded.namesAgents || needsAgent(options))) {
      return deny("subject.agent is missing", "agent");
    }
    const agentId = agent ?? unknownAgent;
    const outlawed = whyOutlawed(agentId, options);
    if (outlawed !== null) return deny(outlawed.reason, "agent", outlawed.terminal);
    const seen = agtContext(action, context, options.context?.(action));
    const name = agtAction(action);
    const doubt = loaded.doubt(agentId, name, new FieldValues(seen, loaded.facets));
    if (doubt !== null) return deny(doubt, "types");
    const answer = askEngine(engine, agentId, name, seen);
    return "then" in answer ? answer.then(toVerdict) : toVerdict(answer);
  }

  return {
    name,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    evaluate(action: Action, context: EvaluationContext): Awaitable<Verdict> {
      if (kinds !== undefined && !kinds.includes(action.kind)) return allow;
      const agent = namedAgent(
        options.agentId === undefined ? action.subject.agent : options.agentId(action),
      );
      if (audit === undefined) return judge(action, context, agent);
      const record = entryWriter(
        audit,
        agent ?? unknownAgent,
        auditAction({ action: agtAction(action), decision: context.decision }),
      );
      return recorded(() => judge(action, context, agent), record, context);
    },
  };
}

/** The agent of calls that name none, where no policy asks for one. */
const unknownAgent = "unknown";

/** What is no name is none: AGT would find it in nobody's policy, also where one names whom it denies. */
function namedAgent(id: unknown): string | undefined {
  return typeof id === "string" && id !== "" ? id : undefined;
}

type AgtVerdict = Extract<Verdict, { readonly decision: "allow" | "deny" | "require_approval" }> & {
  readonly rule: string;
};

type Write = (decision: "allow" | "deny" | "review") => string;

/** Writes one entry at most: whoever comes late gets the hash of the first. */
function entryWriter(audit: AgtAuditLog, agentId: string, action: string): Write {
  let hash: string | null = null;
  return (decision) => {
    if (hash === null) {
      ({ hash } = audit.log({ agentId, action, decision }));
      // Such as of a log that writes later: nobody could tell from the receipt whether it did.
      if (typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash))
        throw new Error("AGT's log answered no hash");
    }
    return hash;
  };
}

/** Judges, and has the answer entered in AGT's log; one that never comes is entered as the deny that it is. */
function recorded(
  judge: () => Awaitable<AgtVerdict>,
  write: Write,
  context: EvaluationContext,
): Awaitable<Verdict> {
  const enter = (verdict: AgtVerdict): Verdict => {
    const hash = write(verdict.decision === "require_approval" ? "review" : verdict.decision);
    return { ...verdict, rule: `${verdict.rule}#${hash}` };
  };
  const enterDeny = (): void => {
    try {
      write("deny");
    } catch {
      // It is denied already; thrown in a listener it would end the process.
    }
  };
  const fail = (error: unknown): never => {
    enterDeny();
    throw error;
  };
  let verdict: Awaitable<AgtVerdict>;
  try {
    verdict = judge();
  } catch (error) {
    return fail(error);
  }
  if (!("then" in verdict)) return enter(verdict);
  context.signal.addEventListener("abort", enterDeny, { once: true });
  return verdict.then(enter, fail);
}

function toVerdict({ decision, reason, rule, approvers }: AgtAnswer): AgtVerdict {
  switch (decision) {
    case "allow":
      return { decision: "allow", rule: clean(rule, 256) };
    case "review": {
      const asked = {
        decision: "require_approval",
        reason: clean(`AGT_REVIEW: ${reason}`),
        rule: clean(rule, 256),
      } as const;
      return approvers.length === 0 ? asked : { ...asked, approver: clean(approvers.join(", ")) };
    }
    case "deny":
      return deny(reason, rule);
  }
}

function deny(reason: string, rule: string, terminal = false): AgtVerdict {
  return { decision: "deny", reason: clean(`AGT_DENY: ${reason}`), rule: clean(rule, 256), terminal };
}

/** Names and reasons come from policies: a receipt holds no endless text and no lone surrogates. */
function clean(text: string, longest = 1000): string {
  return text.slice(0, longest).toWellFormed();
}

function needsAgent({ identities, killSwitch, lifecycle }: AgentStanding): boolean {
  return identities !== undefined || killSwitch !== undefined || lifecycle !== undefined;
}

/** All findings in one message, as long as a person would read. */
function describe(findings: readonly AgtFinding[]): string {
  const shown = findings.slice(0, 10).map(({ where, problem }) => `${where}: ${problem}`);
  const rest = findings.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join("; ");
}
