import type { JsonObject } from "../codec/json.ts";
import type { DecisionBody, Receipt, ReceiptClaim, SettlementBody } from "../receipt/receipt.ts";
import type { DecidedReceipt } from "./decided-receipts.ts";
import type { PlainMembers } from "./otlp-value.ts";

/**
 * What a receipt says as OpenTelemetry attributes: names of the semantic conventions where there are some
 * (`gen_ai.*`, `user.id`, `session.id`), `tollgate.*` otherwise.
 *
 * Amounts are integers in their unit: `usd` is in nano-dollars. A settlement also tells of the action that it
 * ends, where its decision is at hand.
 */
export function receiptAttributes({ receipt, decision }: DecidedReceipt): PlainMembers {
  const { body } = receipt;
  const asked = decision === null ? {} : actionAttributes(decision);
  return { ...headerAttributes(receipt), ...asked, ...ownAttributes(body) };
}

function headerAttributes({ body, kid }: Receipt): PlainMembers {
  return {
    "tollgate.receipt.type": body.type,
    "tollgate.receipt.id": body.id,
    "tollgate.receipt.chain": body.chain,
    "tollgate.receipt.seq": body.seq,
    "tollgate.receipt.prev": body.prev,
    "tollgate.receipt.kid": kid,
  };
}

function ownAttributes(body: Receipt["body"]): PlainMembers {
  switch (body.type) {
    case "decision":
      return decisionAttributes(body);
    case "settlement":
      return settlementAttributes(body);
    case "approval":
      return {
        "tollgate.run": body.run,
        "tollgate.approval.id": body.approval,
        "tollgate.approval.status": body.status,
        "tollgate.approval.by": body.by,
        "tollgate.approval.reason": body.reason,
        "tollgate.action.digest": body.action,
      };
    case "stop":
      return {
        "tollgate.run": body.run,
        "tollgate.stop.agent": body.agent,
        "tollgate.stop.tenant": body.tenant,
        "tollgate.stop.lifted": body.lifted,
        "tollgate.stop.by": body.by,
        "tollgate.stop.reason": body.reason,
      };
    case "adjustment":
      return {
        "tollgate.adjustment.id": body.adjustment,
        "tollgate.adjustment.kind": body.kind,
        "tollgate.adjustment.budget": body.budget,
        "tollgate.adjustment.partition": body.partition,
        "tollgate.adjustment.window": body.window,
        "tollgate.adjustment.unit": body.unit,
        "tollgate.adjustment.amount": BigInt(body.amount),
        "tollgate.adjustment.by": body.by,
        "tollgate.adjustment.reason": body.reason,
      };
    case "key":
      return { "tollgate.key.kid": body.kid, "tollgate.key.endorsed_by": body.endorsement?.kid };
    case "checkpoint":
      return { "tollgate.checkpoint.size": body.size, "tollgate.checkpoint.root": body.root };
    case "close":
      return {};
  }
}

/** `gen_ai.operation.name` of the kinds that the conventions know. */
const operations: Readonly<Record<string, string>> = {
  llm: "chat",
  tool: "execute_tool",
  embedding: "embeddings",
};

function actionAttributes({ action }: DecisionBody): PlainMembers {
  const { kind, name, subject } = action;
  return {
    "tollgate.run": action.run,
    "tollgate.run.root": action.root,
    "tollgate.run.step": action.step,
    "tollgate.run.attempt": action.attempt,
    "tollgate.action.kind": kind,
    "tollgate.action.name": name,
    "tollgate.action.digest": action.digest,
    "tollgate.tenant": textOf(subject, "tenant"),
    "tollgate.role": textOf(subject, "role"),
    "tollgate.capability": textOf(subject, "capability"),
    "user.id": textOf(subject, "user"),
    "session.id": textOf(subject, "session"),
    "gen_ai.agent.name": textOf(subject, "agent"),
    "gen_ai.operation.name": operations[kind],
    "gen_ai.provider.name": action.provider,
    [kind === "tool" ? "gen_ai.tool.name" : "gen_ai.request.model"]: kind === "other" ? undefined : name,
  };
}

function decisionAttributes(body: DecisionBody): PlainMembers {
  const { decision } = body;
  return {
    "tollgate.decision.outcome": decision.outcome,
    "tollgate.decision.mode": decision.mode,
    "tollgate.decision.code": decision.code,
    "tollgate.decision.reason": decision.reason,
    "tollgate.decision.terminal": decision.terminal,
    "tollgate.decision.rules": decision.rules,
    "tollgate.decision.evaluators": decision.evaluators,
    "tollgate.decision.policy": decision.policy,
    "tollgate.decision.failure": decision.failure,
    "tollgate.approval.id": body.approval,
    "tollgate.reservation": body.reservation,
    "tollgate.enforced.digest": body.enforced,
    "tollgate.enforced.name": body.replaced,
    "tollgate.price.catalog": body.price?.catalog,
    "tollgate.price.model": body.price?.model,
    "tollgate.claims": body.claims.map(claimMembers),
    "tollgate.exceeded": body.exceeded?.map((exceeded) => ({
      ...claimMembers(exceeded),
      limit: BigInt(exceeded.limit),
      spent: BigInt(exceeded.spent),
      held: BigInt(exceeded.held),
    })),
  };
}

/** What receipts call the counts of usage, and what OpenTelemetry does. */
const usageNames: Readonly<Record<string, string>> = {
  input_tokens: "gen_ai.usage.input_tokens",
  output_tokens: "gen_ai.usage.output_tokens",
  cache_read_tokens: "gen_ai.usage.cache_read.input_tokens",
  cache_write_tokens: "gen_ai.usage.cache_creation.input_tokens",
  reasoning_tokens: "gen_ai.usage.reasoning.output_tokens",
};

function settlementAttributes(body: SettlementBody): PlainMembers {
  const usage = Object.entries(body.usage ?? {}).flatMap(([name, count]) =>
    typeof count === "number" ? [[usageNames[name] ?? `tollgate.usage.${name}`, count] as const] : [],
  );
  return {
    "tollgate.settlement.decision": body.decision,
    "tollgate.settlement.outcome": body.outcome,
    "tollgate.settlement.reason": body.reason,
    "tollgate.settlement.source": body.source,
    "tollgate.settlement.late": body.late,
    "tollgate.reservation": body.reservation,
    ...Object.fromEntries(
      body.amounts.map(({ unit, amount }) => [`tollgate.amount.${unit}`, BigInt(amount)]),
    ),
    ...Object.fromEntries(usage),
    "tollgate.overage": body.overage?.map(claimMembers),
  };
}

function claimMembers({ budget, partition, window, unit, amount }: ReceiptClaim): PlainMembers {
  return { budget, partition, window, unit, amount: BigInt(amount) };
}

function textOf(subject: JsonObject, name: string): string | undefined {
  const value = subject[name];
  return typeof value === "string" ? value : undefined;
}
