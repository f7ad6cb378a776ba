import type { AuditEntry } from "@microsoft/agent-governance-sdk";
import type { Receipt, ReceiptBody } from "@tollgate/core";
import { agtAction } from "./agt-context.ts";
import { readAuditAction } from "./audit-action.ts";
import { auditChainFlaw } from "./audit-chain.ts";

/** An entry of AGT's audit log: its `AuditEntry`. */
export type AgtEntry = AuditEntry;

/** A decision receipt's body. */
type DecisionBody = Extract<ReceiptBody, { readonly type: "decision" }>;

/** Options of {@link reconcile}. */
export interface ReconcileOptions {
  /** The name of the evaluator that wrote the entries. @default "agt" */
  readonly evaluator?: string;
  /** The kinds of actions that it had a say in; as its own option. @default all */
  readonly kinds?: readonly string[];
}

/** A decision with all that AGT's log says of it. */
export interface Joined {
  readonly receipt: DecisionBody;
  /** More than one where the action was rewritten and judged again. */
  readonly entries: readonly AgtEntry[];
}

/** How AGT's audit log and the receipts go together. */
export interface Reconciliation {
  /** Whether both trails tell the same: nothing in one alone, no conflict, and AGT's chain is whole. */
  readonly ok: boolean;
  readonly joined: readonly Joined[];
  /** Entries that name a decision of which there is no receipt. */
  readonly onlyAgt: readonly AgtEntry[];
  /** Decisions that AGT was asked about and has no entry of. */
  readonly onlyTollgate: readonly DecisionBody[];
  /** How many decisions are from before AGT's log begins, which keeps its latest entries only. */
  readonly beforeAgt: number;
  /** Entries that name no decision: others wrote them. */
  readonly foreign: readonly AgtEntry[];
  /** Where the two say different things of one decision. */
  readonly conflicts: readonly { readonly decision: string; readonly problem: string }[];
  /** Why AGT's entries are no whole chain, or null. */
  readonly chain: string | null;
}

const noHash = "0".repeat(64);

/**
 * Joins AGT's audit log with the receipts by the ids of decisions.
 *
 * Entries are neither signed nor is a cut end of their log noticed by AGT. A receipt names the hash of the entry
 * wherever AGT's answer is among its rules, so that a changed, exchanged or missing entry shows here. It does not
 * verify the receipts: `verifyChain` of `@tollgate/core/verify` does.
 */
export async function reconcile(
  entries: Iterable<AgtEntry> | AsyncIterable<AgtEntry>,
  receipts: Iterable<Receipt> | AsyncIterable<Receipt>,
  options: ReconcileOptions = {},
): Promise<Reconciliation> {
  const { evaluator = "agt", kinds } = options;
  const log: AgtEntry[] = [];
  const foreign: AgtEntry[] = [];
  const byDecision = new Map<string, AgtEntry[]>();
  for await (const entry of entries) {
    log.push(entry);
    const named = readAuditAction(entry.action);
    if (named === null) foreign.push(entry);
    else byDecision.set(named.decision, [...(byDecision.get(named.decision) ?? []), entry]);
  }
  const joined: Joined[] = [];
  const onlyTollgate: DecisionBody[] = [];
  let beforeAgt = 0;
  const conflicts: { decision: string; problem: string }[] = [];
  for await (const { body } of receipts) {
    if (body.type !== "decision") continue;
    const own = byDecision.get(body.id);
    byDecision.delete(body.id);
    if (own !== undefined) {
      joined.push({ receipt: body, entries: own });
      conflicts.push(...problemsOf(body, own, evaluator).map((problem) => ({ decision: body.id, problem })));
    } else if (isAsked(body, evaluator) && kinds?.includes(body.action.kind) !== false) {
      if (isBefore(body, log[0])) beforeAgt++;
      else onlyTollgate.push(body);
    }
  }
  const onlyAgt = [...byDecision.values()].flat();
  const chain = await auditChainFlaw(log);
  const ok = onlyAgt.length + onlyTollgate.length + conflicts.length === 0 && chain === null;
  return { ok, joined, onlyAgt, onlyTollgate, beforeAgt, foreign, conflicts, chain };
}

function problemsOf(
  receipt: DecisionBody,
  entries: readonly AgtEntry[],
  evaluator: string,
): readonly string[] {
  const { outcome, mode } = receipt.decision;
  const problems: string[] = [];
  const wentAhead = mode === "enforce" && (outcome === "allow" || outcome === "degrade");
  if (wentAhead && entries.some(({ decision }) => decision === "deny")) {
    problems.push("AGT denied it, and it was let through");
  }
  if (wentAhead && receipt.approval === undefined && entries.some(({ decision }) => decision === "review")) {
    problems.push("AGT asked for a review, and it was let through without an approval");
  }
  const { kind, name } = receipt.action;
  const names = [name, receipt.replaced ?? name].map((each) => agtAction({ kind, name: each }));
  const other = entries
    .map(({ action }) => readAuditAction(action)?.action ?? "")
    .find((each) => !names.includes(each));
  if (other !== undefined) problems.push(`AGT's entry is of ${other}, the receipt of ${names[0]}`);
  for (const hash of entriesNamed(receipt, evaluator)) {
    if (!entries.some((entry) => entry.hash === hash))
      problems.push(`the receipt names an entry that is not there: ${hash}`);
  }
  return problems;
}

/** The hashes of entries that a receipt names in its rules. */
function entriesNamed({ decision }: DecisionBody, evaluator: string): readonly string[] {
  return decision.rules.flatMap((rule) => {
    const [, hash] = /#([0-9a-f]{64})$/.exec(rule) ?? [];
    const isOwn = rule.startsWith(`${evaluator}/`) || rule.includes(`/${evaluator}/`);
    return hash !== undefined && isOwn ? [hash] : [];
  });
}

function isAsked({ decision }: DecisionBody, evaluator: string): boolean {
  return decision.evaluators.some((name) => name === evaluator || name.endsWith(`/${evaluator}`));
}

/** Whether a decision was made before the first entry that a log still has. */
function isBefore({ time }: DecisionBody, first: AgtEntry | undefined): boolean {
  return first !== undefined && first.previousHash !== noHash && time < first.timestamp;
}
