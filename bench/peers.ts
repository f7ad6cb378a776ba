import { AgentIdentity, AuditLogger } from "@microsoft/agent-governance-sdk";
import canonicalize from "canonicalize";
// The writer is not part of the package's face; it is measured beside the one that others use.
import { canonicalJson } from "../packages/core/src/codec/canonical-json.ts";
import { agtRows, engineOf } from "./agt.ts";
import { measuredGate, modelCall, toolCall } from "./measured-gate.ts";
import { measure, type Row, type SampledRow } from "./sampler.ts";
import type { Result } from "./samples.ts";

/**
 * Measures packages that do a part of what a decision does, on the same input; none of them does all of it.
 *
 * - `canonicalize` (RFC 8785) writes the body of the same receipt as our own writer.
 * - Microsoft's Agent Governance Toolkit judges the same call by ten rules, logs it in its hash chain in
 *   memory, and signs the entry: no budget, no price, no record of the outcome. Then with more rules, beside a gate
 *   with the same policy, and asked by a gate.
 */
export async function measurePeers(): Promise<readonly Result[]> {
  const { decide, gate } = measuredGate();
  const permit = await decide(modelCall);
  const body = permit.decision.receipt?.body;
  await permit.settle();
  await gate.close();
  if (canonicalize(body) !== canonicalJson(body, "receipt")) throw new Error("the two texts differ");
  const rows: readonly (Row | SampledRow)[] = [
    { name: "canonical_json", call: () => canonicalJson(body, "receipt") },
    { name: "canonicalize", call: () => canonicalize(body) },
    agtRow(),
    ...agtRows(),
  ];
  return measure(rows, { rounds: 50, calls: 200, warmUp: 20 });
}

function agtRow(): Row {
  const engine = engineOf(10);
  const audit = new AuditLogger({ maxEntries: 10_000 });
  const agent = AgentIdentity.generate("finance-bot", ["payments"]);
  return {
    name: "agt_evaluate_log_sign",
    call() {
      const { allowed } = engine.evaluatePolicy(agent.did, { tool: toolCall.name, params: toolCall.params });
      if (!allowed) throw new Error("the peer's policy refuses the call");
      const entry = audit.log({ agentId: agent.did, action: toolCall.name, decision: "allow" });
      return agent.sign(Buffer.from(entry.hash));
    },
  };
}
