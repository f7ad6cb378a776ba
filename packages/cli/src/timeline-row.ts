import { type DecidedReceipt, formatAmount, letsThrough } from "@tollgate/core/export";
import type { ApprovalBody, DecisionBody, ReceiptClaim, SettlementBody } from "@tollgate/core/verify";
import { grouped } from "./progress.ts";
import type { Style } from "./terminal.ts";

/** What a line of a timeline says; texts are as the receipt has them, so not yet safe to show. */
export interface TimelineRow {
  readonly what: string;
  /** What came out of it. */
  readonly outcome: string;
  readonly style: Style;
  readonly money: string;
  /** Why; empty where there is nothing to explain. */
  readonly why: string;
}

/** What a receipt says, for a line of a timeline. */
export function timelineRow({ receipt: { body }, decision }: DecidedReceipt): TimelineRow {
  switch (body.type) {
    case "decision":
      return decisionRow(body);
    case "settlement":
      return settlementRow(body, decision);
    case "approval":
      return approvalRow(body);
    case "stop":
      return {
        what: joined([
          body.agent === undefined ? "run" : `agent ${body.agent}`,
          body.tenant === undefined ? "" : `tenant ${body.tenant}`,
        ]),
        outcome: body.lifted ? "stop lifted" : "stopped",
        style: body.lifted ? "yellow" : "red",
        money: "",
        why: body.by === undefined ? body.reason : `by ${body.by}: ${body.reason}`,
      };
    case "adjustment":
      return {
        what: `budget ${body.budget}${body.partition === "" ? "" : ` (${body.partition})`}`,
        outcome: body.kind.replace("_", "-"),
        style: "yellow",
        money: formatAmount(body.unit, BigInt(body.amount)),
        why: `by ${body.by}${body.reason === "" ? "" : `: ${body.reason}`}`,
      };
    case "key":
      return plain(`key ${body.kid}`, body.seq === 0 ? "opens the chain" : "takes over");
    case "checkpoint":
      return plain("checkpoint", `of ${grouped(body.size)} receipts`);
    case "close":
      return plain("chain", "closed");
  }
}

function plain(what: string, outcome: string): TimelineRow {
  return { what, outcome, style: "dim", money: "", why: "" };
}

const styles: Readonly<Record<string, Style>> = { allow: "green", deny: "red" };

function decisionRow(body: DecisionBody): TimelineRow {
  const { action, decision, claims, replaced, approval, exceeded = [] } = body;
  const { outcome, mode, code, reason, rules, failure } = decision;
  const held = amountsText(claims);
  const isPlain = code === "allowed" && mode === "enforce" && rules.length === 0 && failure === undefined;
  const isByBudget =
    rules.length > 0 && rules.every((rule) => exceeded.some(({ budget }) => budget === rule));
  const why = [
    mode === "shadow" && outcome !== "allow" ? `shadow mode, it went ahead: ${reason}` : reason,
    failure === undefined ? "" : `the gate failed open: ${failure}`,
    rules.length === 0 || isByBudget ? "" : `by ${rules.join(", ")}`,
    approval === undefined ? "" : `approval ${approval}`,
  ];
  return {
    what: `${action.kind} ${action.name}${replaced === undefined ? "" : ` → ${replaced}`}`,
    outcome: decision.terminal ? `${outcome}, stops run` : outcome,
    style: styles[outcome] ?? "yellow",
    money: held === "" ? "" : letsThrough(body) ? `holds ${held}` : held,
    why: isPlain ? "" : joined(why),
  };
}

function settlementRow(body: SettlementBody, decision: DecisionBody | null): TimelineRow {
  const { outcome, amounts, overage = [], usage = {}, source, late, reason } = body;
  const over = amountsText(overage);
  const tokens = [countText(usage.input_tokens, "in"), countText(usage.output_tokens, "out")];
  const usd = amountsText(amounts.filter(({ unit }) => unit === "usd"));
  const parts = [
    usd === "" ? "" : `${source === "estimated" ? "about " : ""}${usd}`,
    ...tokens,
    over === "" ? "" : `${over} over`,
    late === true ? "late" : "",
  ];
  return {
    what:
      decision === null
        ? `└ of ${body.decision}`
        : `└ #${decision.seq} ${decision.replaced ?? decision.action.name}`,
    outcome,
    style: outcome === "expired" || over !== "" ? "yellow" : "dim",
    money: joined(parts),
    why: reason ?? "",
  };
}

function approvalRow({ approval, status, by, reason }: ApprovalBody): TimelineRow {
  return {
    what: `approval ${approval}`,
    outcome: status,
    style: status === "denied" || status === "expired" ? "red" : "cyan",
    money: "",
    why: joined([reason ?? "", by === undefined ? "" : `by ${by}`]),
  };
}

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join(", ");
}

function countText(count: unknown, what: string): string {
  return typeof count === "number" ? `${grouped(count)} ${what}` : "";
}

/** Each unit once, by its largest amount: several budgets hold the same money. Dollars come first. */
function amountsText(amounts: readonly Pick<ReceiptClaim, "unit" | "amount">[]): string {
  const byUnit = new Map<string, bigint>();
  for (const { unit, amount } of amounts) {
    const value = BigInt(amount);
    if (value >= (byUnit.get(unit) ?? 0n)) byUnit.set(unit, value);
  }
  return [...byUnit]
    .sort(([a], [b]) => Number(b === "usd") - Number(a === "usd"))
    .map(([unit, amount]) => formatAmount(unit, amount))
    .join(", ");
}
