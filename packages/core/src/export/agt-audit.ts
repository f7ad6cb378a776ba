import { sha256Hex } from "#sha256";
import { letsThrough } from "../receipt/open-decisions.ts";
import type { DecisionBody } from "../receipt/receipt.ts";
import type { Receipts } from "./decided-receipts.ts";

/**
 * An entry of Microsoft AGT's audit log (`AuditEntry` of @microsoft/agent-governance-sdk 4), chained as its
 * `AuditLogger` does, and which receipt it comes from.
 */
export interface AgtAuditEntry {
  /** RFC 3339 in UTC. */
  readonly timestamp: string;
  readonly agentId: string;
  readonly action: string;
  readonly decision: "allow" | "deny" | "review";
  /** Hex of SHA-256 over `JSON.stringify({ timestamp, agentId, action, decision, previousHash })`. */
  readonly hash: string;
  /** The hash of the entry before; 64 zeros for the first. */
  readonly previousHash: string;
  /** Where the signed evidence is. AGT's hash does not cover it. */
  readonly receipt: { readonly id: string; readonly chain: string; readonly seq: number };
}

/** How receipts become audit entries. */
export interface AgtAuditOptions {
  /** AGT's id of the agent, such as its DID. @default the subject's agent, else `unknown` */
  readonly agentId?: (decision: DecisionBody) => string;
  /** The hash of the entry that these go on from. @default none: a new log */
  readonly previousHash?: string;
}

/**
 * The decisions among the receipts as entries of AGT's audit log, in order.
 *
 * AGT's log knows decisions only: how calls ended, what they cost and why they were refused is in the receipts
 * alone. Its entries are not signed, and a log whose end was cut off still verifies; the receipts are the
 * evidence. `allow` is said of everything that went ahead, degraded or in shadow mode too; `review` of what asks
 * for approval; `deny` of the rest. `action` is the tool's name, and `<kind>:<name>` where it is no tool.
 */
export async function* toAgtAudit(
  receipts: Receipts,
  options: AgtAuditOptions = {},
): AsyncGenerator<AgtAuditEntry, void, void> {
  const agentOf = options.agentId ?? subjectsAgent;
  let previousHash = options.previousHash ?? "0".repeat(64);
  for await (const { body } of receipts) {
    if (body.type !== "decision") continue;
    const { id, chain, seq, time, action } = body;
    const entry = {
      timestamp: time,
      agentId: agentOf(body),
      action: action.kind === "tool" ? action.name : `${action.kind}:${action.name}`,
      decision: agtDecision(body),
    };
    const hash = sha256Hex(JSON.stringify({ ...entry, previousHash }));
    yield { ...entry, hash, previousHash, receipt: { id, chain, seq } };
    previousHash = hash;
  }
}

function subjectsAgent({ action: { subject } }: DecisionBody): string {
  return typeof subject.agent === "string" ? subject.agent : "unknown";
}

function agtDecision(body: DecisionBody): AgtAuditEntry["decision"] {
  if (letsThrough(body)) return "allow";
  return body.decision.outcome === "require_approval" ? "review" : "deny";
}
