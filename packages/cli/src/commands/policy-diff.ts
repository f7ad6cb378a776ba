import { formatAmount, printableJson, printableText } from "@tollgate/core/export";
import type { ChangedDecision, PolicyDiff } from "@tollgate/policy";
import { checkedReceipts } from "../checked-receipts.ts";
import { good } from "../cli-error.ts";
import { withReceipts } from "../open-receipts.ts";
import { withPolicy } from "../policy-package.ts";
import { grouped } from "../progress.ts";
import type { StoreOption } from "../store-name.ts";
import { type Column, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { noteUnchecked, type TrustOptions } from "../trust.ts";

/** What `tollgate policy diff` was asked for. */
export interface PolicyDiffOptions extends TrustOptions, StoreOption {
  readonly json?: boolean;
}

/** Shows which past decisions would change under a policy, and by how much money. */
export function policyDiff(
  file: string,
  names: readonly string[],
  options: PolicyDiffOptions,
  terminal: Terminal,
): Promise<number> {
  return withPolicy(file, async (policy, { diffPolicy }) => {
    const diff = await withReceipts(names, options, terminal, (source) =>
      diffPolicy(policy, checkedReceipts(source, options)),
    );
    const { out, paint } = terminal;
    if (options.json === true) await out.write(`${printableJson(diffJson(diff))}\n`);
    else {
      if (diff.changed.length > 0) await out.write(`${tableText(columns, diff.changed, paint)}\n`);
      for (const line of totals(diff)) await out.write(`${line}\n`);
    }
    noteUnchecked(options, terminal);
    return good;
  });
}

const columns: readonly Column<ChangedDecision>[] = [
  { title: "TIME (UTC)", text: ({ time }) => time.slice(0, 19).replace("T", " ") },
  { title: "ACTION", text: ({ kind, name }) => `${kind} ${name}` },
  { title: "WAS", text: ({ was }) => was },
  { title: "WOULD BE", text: ({ now }) => now },
  { title: "MONEY", pad: "start", text: ({ usd }) => (usd === null ? "?" : formatAmount("usd", usd)) },
  { title: "WHY", text: ({ reason }) => reason },
];

function totals(diff: PolicyDiff): readonly string[] {
  const { decisions, changed, untold, untoldBy, untoldSpent, spent, wouldSpend } = diff;
  const lines = [
    `${grouped(changed.length)} of ${grouped(decisions)} decisions would change`,
    `${formatAmount("usd", spent)} was spent; ${formatAmount("usd", wouldSpend)} of it would have been let through`,
  ];
  if (untold > 0) {
    const money = formatAmount("usd", untoldSpent);
    lines.push(
      `${grouped(untold)} cannot be told, for which ${money} was spent: their receipts have no parameters (params: "full")`,
      ...untoldBy.map(({ rule, decisions: of }) => printableText(`  ${grouped(of)} by rule ${rule}`)),
    );
  }
  return lines;
}

function diffJson({ changed, spent, wouldSpend, untoldSpent, ...counts }: PolicyDiff): object {
  return {
    ...counts,
    untoldSpent: String(untoldSpent),
    spent: String(spent),
    wouldSpend: String(wouldSpend),
    changed: changed.map((change) => ({ ...change, usd: change.usd === null ? null : String(change.usd) })),
  };
}
