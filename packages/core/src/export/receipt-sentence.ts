import { formatAmount } from "../action/amounts.ts";
import type { AdjustmentBody, DecisionBody, SettlementBody, StopBody } from "../receipt/receipt.ts";
import type { DecidedReceipt } from "./decided-receipts.ts";

/** What a receipt says, in one sentence for a person; texts from outside are quoted as they are. */
export function receiptSentence({ receipt: { body }, decision }: DecidedReceipt): string {
  switch (body.type) {
    case "decision":
      return decisionSentence(body);
    case "settlement":
      return settlementSentence(body, decision);
    case "approval":
      return `approval ${body.approval} ${body.status}${body.by === undefined ? "" : ` by ${body.by}`}${because(body.reason)}`;
    case "stop":
      return stopSentence(body);
    case "adjustment":
      return adjustmentSentence(body);
    case "key":
      return `key ${body.kid} signs from here on`;
    case "checkpoint":
      return `checkpoint over ${body.size} receipts`;
    case "close":
      return "chain closed";
  }
}

function decisionSentence({ action, decision, replaced }: DecisionBody): string {
  const shadow = decision.mode === "shadow" ? " (shadow: it went ahead)" : "";
  const instead = replaced === undefined ? "" : ` to ${replaced}`;
  return `${action.kind} ${action.name}: ${decision.outcome}${instead}${shadow}${because(decision.reason)}`;
}

function settlementSentence(body: SettlementBody, decision: DecisionBody | null): string {
  const what =
    decision === null ? `decision ${body.decision}` : `${decision.action.kind} ${decision.action.name}`;
  const usd = body.amounts.find(({ unit }) => unit === "usd");
  const cost = usd === undefined ? "" : ` at ${formatAmount("usd", BigInt(usd.amount))}`;
  const source = body.source === "estimated" ? " (estimated)" : "";
  return `${what}: ${body.outcome}${cost}${source}${because(body.reason)}`;
}

function stopSentence({ run, agent, tenant, lifted, by, reason }: StopBody): string {
  const where = tenant === undefined ? "" : ` of tenant ${tenant}`;
  const what = run === undefined ? `agent ${agent}${where}` : `run ${run}`;
  const who = by === undefined ? "" : ` by ${by}`;
  return `${what}${lifted ? "'s stop lifted" : " stopped"}${who}${because(reason)}`;
}

const adjusted = { top_up: "top-up", refund: "refund", correction: "correction" } as const;

function adjustmentSentence({ kind, unit, amount, budget, partition, by, reason }: AdjustmentBody): string {
  const added = BigInt(amount);
  // What is put in or given back is said without the sign that it is booked with.
  const shown = formatAmount(unit, kind === "correction" ? added : -added);
  const whose = partition === "" ? "" : ` (${partition})`;
  return `${adjusted[kind]} of ${shown} on ${budget}${whose} by ${by}${because(reason)}`;
}

function because(reason: string | undefined): string {
  return reason === undefined || reason === "" ? "" : `: ${reason}`;
}
