import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { allOf, chainOf, decided } from "../../test/export-receipts.ts";
import { adjustmentContent, sampleChain } from "../../test/sample-receipts.ts";
import { toAgtAudit } from "./agt-audit.ts";

describe("AGT audit entries", () => {
  it("are made of decisions alone, each with its receipt", async () => {
    const receipts = [
      ...sampleChain().map(({ receipt }) => receipt),
      ...chainOf(adjustmentContent(-1n, { kind: "top_up" })),
    ];
    const decisions = receipts.filter(({ body }) => body.type === "decision");
    expect(await allOf(toAgtAudit(receipts))).toEqual(
      decisions.map(({ body: { id, chain, seq, time } }) =>
        expect.objectContaining({ timestamp: time, receipt: { id, chain, seq } }),
      ),
    );
  });

  it.each([
    ["allow", "enforce", "allow"],
    ["degrade", "enforce", "allow"],
    ["skip", "enforce", "deny"],
    ["require_approval", "enforce", "review"],
    ["deny", "enforce", "deny"],
    ["deny", "shadow", "allow"],
  ] as const)("say of %s in mode %s: %s", async (outcome, mode, decision) => {
    const [entry] = await allOf(toAgtAudit(chainOf(decided({ outcome, mode }))));
    expect(entry?.decision).toBe(decision);
  });

  it("name the tool, or the kind of call and the model, and the agent", async () => {
    const receipts = chainOf(
      decided({}, { kind: "tool", name: "pay", subject: { agent: "bot" } }),
      decided({}, { kind: "llm", name: "gpt-4o", subject: {} }),
    );
    const named = (await allOf(toAgtAudit(receipts))).map(({ agentId, action }) => [agentId, action]);
    expect(named).toEqual([
      ["bot", "pay"],
      ["unknown", "llm:gpt-4o"],
    ]);
    const did = { agentId: () => "did:agentmesh:bot" };
    expect((await allOf(toAgtAudit(receipts, did))).map(({ agentId }) => agentId)).toEqual([
      "did:agentmesh:bot",
      "did:agentmesh:bot",
    ]);
  });

  it("are chained by AGT's hash, which can go on from an earlier export", async () => {
    const receipts = chainOf(decided({}), decided({ outcome: "deny" }), decided({}));
    const entries = await allOf(toAgtAudit(receipts));
    let previousHash = "0".repeat(64);
    for (const { timestamp, agentId, action, decision, hash, previousHash: previous } of entries) {
      expect(previous).toBe(previousHash);
      const text = JSON.stringify({ timestamp, agentId, action, decision, previousHash });
      previousHash = createHash("sha256").update(text).digest("hex");
      expect(hash).toBe(previousHash);
    }
    const rest = await allOf(toAgtAudit(receipts.slice(2), { previousHash: entries[0]?.hash ?? "" }));
    expect(rest).toEqual(entries.slice(1));
  });
});
