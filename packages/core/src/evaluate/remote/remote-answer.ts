import { given } from "../../codec/given.ts";
import type { Verdict } from "../evaluator.ts";

/** What a policy server answered, in our terms. */
export interface RemoteAnswer {
  readonly decision: "allow" | "deny" | "require_approval";
  readonly reason?: string;
  /** What decided there: a rule, a policy. */
  readonly rule?: string;
  /** The id under which the server keeps this very answer; at the end of the rule in receipts. */
  readonly id?: string;
  readonly approver?: string;
  /** Whether the run is stopped, too. */
  readonly terminal?: boolean;
  /** The version of the policy that decided. */
  readonly policyVersion?: string;
  /** Whether the same question has the same answer until the policy changes; undefined: the server does not say. */
  readonly cacheable?: boolean;
}

/** A verdict as the server gave it; `by` names the server where it gives no reason. */
export function toVerdict(answer: RemoteAnswer, by: string): Verdict {
  const { decision, id, approver, terminal } = answer;
  const rule = answer.rule ?? (id === undefined ? undefined : by);
  const named = rule === undefined ? undefined : text(id === undefined ? rule : `${rule}#${id}`, 256);
  const reason = answer.reason === undefined ? undefined : text(answer.reason, 1000);
  switch (decision) {
    case "allow":
      return given({ decision, rule: named, reason });
    case "require_approval":
      return given({ decision, rule: named, reason: reason ?? `${by} wants it approved`, approver });
    case "deny":
      return given({ decision, rule: named, reason: reason ?? `${by} denies it`, terminal });
  }
}

/** A text of the server's; one that is empty, or none, is left out. */
export function optionalText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Text from outside may be endless and hold lone surrogates; a receipt may not. */
function text(value: string, longest: number): string {
  return value.slice(0, longest).toWellFormed();
}
