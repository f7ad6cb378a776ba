import type { Reconciliation } from "@tollgate/agt";
import { printableJson, printableText } from "@tollgate/core/export";
import { checkedReceipts } from "../checked-receipts.ts";
import { broken, good } from "../cli-error.ts";
import { withReceipts } from "../open-receipts.ts";
import { optionalPackage } from "../optional-package.ts";
import { withProgress } from "../progress.ts";
import { readAgtLog } from "../read-agt-log.ts";
import type { StoreOption } from "../store-name.ts";
import type { Terminal } from "../terminal.ts";
import { noteUnchecked, type TrustOptions } from "../trust.ts";

/** What `tollgate reconcile` was asked for. */
export interface ReconcileOptions extends TrustOptions, StoreOption {
  readonly agt: string;
  readonly evaluator: string;
  readonly kinds?: readonly string[];
  readonly json?: boolean;
}

/** Shows how receipts and AGT's audit log go together; exit code 1 where they do not. */
export async function reconcileAgt(
  names: readonly string[],
  options: ReconcileOptions,
  terminal: Terminal,
): Promise<number> {
  const { evaluator, kinds } = options;
  const { reconcile } = await optionalPackage(
    () => import("@tollgate/agt"),
    ["@tollgate/agt"],
    "joining receipts with AGT's log",
  );
  const entries = await readAgtLog(options.agt);
  const report = await withReceipts(names, options, terminal, (source) =>
    withProgress(terminal, source, () =>
      reconcile(entries, checkedReceipts(source, options), { evaluator, ...(kinds && { kinds }) }),
    ),
  );
  if (options.json === true) await terminal.out.write(`${printableJson(report)}\n`);
  else for (const line of linesOf(report)) await terminal.out.write(`${printableText(line)}\n`);
  noteUnchecked(options, terminal);
  return report.ok ? good : broken;
}

function* linesOf(report: Reconciliation): Generator<string, void, void> {
  const { joined, onlyAgt, onlyTollgate, conflicts, beforeAgt, foreign, chain, ok } = report;
  yield `${ok ? "good" : "bad"}: ${joined.length} decisions are in both`;
  if (beforeAgt > 0) yield `${beforeAgt} are from before AGT's log begins`;
  if (foreign.length > 0) yield `${foreign.length} entries of AGT's name no decision`;
  if (chain !== null) yield `AGT's log is broken: ${chain}`;
  for (const { timestamp, action, decision } of onlyAgt)
    yield `only in AGT's log: ${timestamp} ${action} ${decision}`;
  for (const { time, id, action, decision } of onlyTollgate) {
    yield `only in the receipts: ${time} ${action.name}#${id} ${decision.outcome}`;
  }
  for (const { decision, problem } of conflicts) yield `${decision}: ${problem}`;
}
