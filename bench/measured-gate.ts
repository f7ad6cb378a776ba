import {
  type ActionInput,
  createGate,
  type Decision,
  type Evaluator,
  type Gate,
  type GateOptions,
  type Permit,
  type Run,
  type Used,
} from "@tollgate/core";
import { allowTools, capabilityTiers, denyTools } from "@tollgate/core/evaluators";

/** A gate with as much to do for each decision as a careful team gives it. */
export interface MeasuredGate {
  readonly gate: Gate;
  readonly run: Run;
  /** Decides one action, which must go through. */
  decide(action: ActionInput): Promise<Permit>;
}

/** Ten lists of tools, five that deny and five that allow, then the capability tiers. */
function rules(): readonly Evaluator[] {
  const forbidden = Array.from({ length: 5 }, (_, index) =>
    denyTools([`drop_${index}`, "delete_*", "shell_*", "admin.*", "payments.payout"], {
      name: `deny-${index}`,
    }),
  );
  const allowed = Array.from({ length: 5 }, (_, index) =>
    allowTools([`tool_${index}`, "search_*", "read_*", "invoices.*", "payments.refund"], {
      name: `allow-${index}`,
    }),
  );
  const tiers = capabilityTiers({
    tools: { "search_*": "read_only", "read_*": "read_only", "payments.*": "payment_initiate" },
    grants: { clerk: "payment_initiate", guest: "read_only" },
  });
  return [...forbidden, ...allowed, tiers];
}

/** Ten lists of tools, capability tiers, prices and two budgets that every action counts against. */
export function measuredGate(options: Pick<GateOptions, "ledger" | "log" | "signer"> = {}): MeasuredGate {
  const gate = createGate({
    ...options,
    evaluators: rules(),
    prices: { tools: { "payments.*": "$0.02" } },
    budgets: [
      { id: "money", limit: "$1000000", per: "day", by: ["tenant", "user"] },
      { id: "calls", limit: "1G calls", per: "hour", timeZone: "Europe/Berlin", by: ["tenant"] },
    ],
  });
  const run = gate.run({ tenant: "acme", user: "alice", agent: "finance-bot", role: "clerk" });
  const decide = async (action: ActionInput): Promise<Permit> => permitOf(await gate.decide(action, { run }));
  return { gate, run, decide };
}

/** The permit of a decision. @throws Error when it was refused: a bench of refusals would measure nothing. */
export function permitOf({ permit, reason }: Decision): Permit {
  if (permit === null) throw new Error(`refused: ${reason}`);
  return permit;
}

/** A tool call that has to pass every rule and has a price. */
export const toolCall: ActionInput = {
  kind: "tool",
  name: "payments.refund",
  params: { invoice: "INV-2026-00417", amount: 1250, currency: "EUR", reason: "duplicate charge" },
};

/** A model call of a short conversation, priced by the catalogue. */
export const modelCall: ActionInput = {
  kind: "llm",
  provider: "openai",
  name: "gpt-4o",
  maxOutputTokens: 500,
  params: {
    temperature: 0.2,
    messages: [
      { role: "system", content: "You are a careful assistant of the accounting department." },
      { role: "user", content: "Was invoice INV-2026-00417 charged twice? Refund it if so." },
    ],
  },
};

/** What the provider of {@link modelCall} reports. */
export const modelUsage: Used = { usage: { inputTokens: 143, outputTokens: 212, cacheReadTokens: 64 } };
