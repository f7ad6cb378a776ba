import { nanoPerDollar } from "../action/amounts.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import type { JsonObject } from "../codec/json.ts";
import type { AdjustmentBody, DecisionBody, Receipt, SettlementBody, StopBody } from "../receipt/receipt.ts";
import { textCell } from "./csv-cell.ts";
import { decidedReceipts, type Receipts } from "./decided-receipts.ts";

/** The columns, in order. */
const columns = [
  "time",
  "chain",
  "seq",
  "type",
  "id",
  "run",
  "root",
  "tenant",
  "user",
  "agent",
  "role",
  "session",
  "kind",
  "name",
  "provider",
  "outcome",
  "mode",
  "code",
  "terminal",
  "reason",
  "rules",
  "decision",
  "approval",
  "usd_held",
  "usd_booked",
  "usd_over",
  "usd_adjusted",
  "input_tokens",
  "output_tokens",
  "source",
  "claims",
  "amounts",
] as const;

type Cells = Partial<Record<(typeof columns)[number], string | number | boolean | null | undefined>>;

/**
 * Receipts as CSV (RFC 4180): a header, then one row for each, each with its CRLF.
 *
 * A settlement's row tells who and what from its decision. The `usd_` columns are dollars, exact to nine
 * decimals: `usd_held` is what the action may cost (it counts against every budget in `claims`, but is spent
 * once), `usd_booked` what it did cost, so that the column's sum is what was spent. `usd_adjusted` is what a person
 * added to what one budget counts as spent, below 0 where money was put in or given back. `claims` and `amounts`
 * are JSON of all units, money in nano-dollars. Made for spreadsheets, which obey some texts: see {@link textCell}.
 */
export async function* toCsv(receipts: Receipts): AsyncGenerator<string, void, void> {
  yield `${columns.join(",")}\r\n`;
  for await (const { receipt, decision } of decidedReceipts(receipts)) {
    const { body } = receipt;
    const { time, chain, seq, type, id } = body;
    const cells: Cells = { time, chain, seq, type, id, ...askedCells(decision), ...ownCells(body) };
    yield `${columns.map((column) => cell(column, cells[column])).join(",")}\r\n`;
  }
}

function cell(column: (typeof columns)[number], value: Cells[keyof Cells]): string {
  // Dollars are ours, and one below 0 is to stay a number.
  const isText = typeof value === "string" && !column.startsWith("usd_");
  return isText ? textCell(value) : `${value ?? ""}`;
}

function askedCells(body: DecisionBody | null): Cells {
  if (body === null) return {};
  const { run, root, subject, kind, name, provider } = body.action;
  return {
    run,
    root,
    kind,
    name,
    provider,
    tenant: textOf(subject, "tenant"),
    user: textOf(subject, "user"),
    agent: textOf(subject, "agent"),
    role: textOf(subject, "role"),
    session: textOf(subject, "session"),
  };
}

function ownCells(body: Receipt["body"]): Cells {
  switch (body.type) {
    case "decision":
      return decisionCells(body);
    case "settlement":
      return settlementCells(body);
    case "approval":
      return { run: body.run, outcome: body.status, approval: body.approval, reason: body.reason };
    case "stop":
      return stopCells(body);
    case "adjustment":
      return adjustmentCells(body);
    default:
      return {};
  }
}

/** Who stopped it by hand or lifted it is told with the reason. */
function stopCells({ run, agent, tenant, lifted, by, reason }: StopBody): Cells {
  const outcome = lifted ? "lifted" : undefined;
  return { run, agent, tenant, outcome, reason: by === undefined ? reason : `${by}: ${reason}` };
}

function decisionCells({ decision, approval, claims }: DecisionBody): Cells {
  const { outcome, mode, code, terminal, reason, rules } = decision;
  return {
    outcome,
    mode,
    code,
    terminal,
    reason,
    rules: rules.join(" "),
    approval,
    usd_held: dollarsOf(claims),
    claims: claims.length === 0 ? "" : canonicalJson(claims),
  };
}

function settlementCells(body: SettlementBody): Cells {
  const { decision, outcome, reason, source, amounts, overage = [], usage = {} } = body;
  return {
    decision,
    outcome,
    reason,
    source,
    usd_booked: dollarsOf(amounts),
    usd_over: dollarsOf(overage),
    input_tokens: countOf(usage, "input_tokens"),
    output_tokens: countOf(usage, "output_tokens"),
    amounts: amounts.length === 0 ? "" : canonicalJson(amounts),
  };
}

/** Who adjusted is told with the reason, for the other columns are of whom the receipt is about. */
function adjustmentCells(body: AdjustmentBody): Cells {
  const { kind, budget, partition, window, unit, amount, by, reason } = body;
  return {
    outcome: kind,
    reason: `${by}: ${reason}`,
    usd_adjusted: unit === "usd" ? dollars(BigInt(amount)) : "",
    amounts: canonicalJson([{ budget, partition, window, unit, amount }]),
  };
}

/** The largest amount of usd in dollars: where several budgets hold the same money, it is not spent twice. */
function dollarsOf(amounts: readonly { readonly unit: string; readonly amount: string }[]): string {
  let most = -1n;
  for (const { unit, amount } of amounts) {
    if (unit === "usd" && BigInt(amount) > most) most = BigInt(amount);
  }
  return most < 0n ? "" : dollars(most);
}

function dollars(amount: bigint): string {
  const absolute = amount < 0n ? -amount : amount;
  const whole = `${amount < 0n ? "-" : ""}${absolute / nanoPerDollar}`;
  const fraction = (absolute % nanoPerDollar).toString().padStart(9, "0").replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

function textOf(subject: JsonObject, name: string): string | undefined {
  const value = subject[name];
  return typeof value === "string" ? value : undefined;
}

function countOf(usage: JsonObject, name: string): number | undefined {
  const value = usage[name];
  return typeof value === "number" ? value : undefined;
}
