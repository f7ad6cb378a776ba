import { AuditLogger, PolicyEngine } from "@microsoft/agent-governance-sdk";
import { agtEvaluator } from "@tollgate/agt";
import { createGate } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { tollgate } from "./run-tollgate.ts";
import { TestFolder } from "./test-folder.ts";

/** Two trails of three decisions, as files. */
async function trails(folder: TestFolder): Promise<{ receipts: string; key: string; log: AuditLogger }> {
  const engine = new PolicyEngine([
    { action: "rm", effect: "deny" },
    { action: "*", effect: "allow" },
  ]);
  const log = new AuditLogger();
  const gate = createGate({ evaluators: [agtEvaluator(engine, { audit: log })], subject: { agent: "bot" } });
  for (const name of ["pay", "rm", "mail"]) await gate.decide({ kind: "tool", name });
  const lines: string[] = [];
  for await (const receipt of gate.receipts()) lines.push(`${JSON.stringify(receipt)}\n`);
  return {
    receipts: folder.write("receipts.jsonl", lines.join("")),
    key: folder.write("key.jwk", JSON.stringify(gate.publicKey)),
    log,
  };
}

describe("tollgate reconcile", () => {
  it("says that two trails go together", async () => {
    using folder = new TestFolder();
    const { receipts, key, log } = await trails(folder);
    const agt = folder.write("audit.json", log.exportJSON());
    const args = ["reconcile", receipts, "--agt", agt, "-k", key];
    expect(await tollgate(args)).toEqual({ code: 0, stdout: "good: 3 decisions are in both\n", stderr: "" });
    const { code, stdout } = await tollgate([...args, "--json", "--kinds", "tool"]);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, beforeAgt: 0, joined: [{}, {}, {}] }]);
  });

  it("shows what is only in one of them, with exit code 1", async () => {
    using folder = new TestFolder();
    const { receipts, key, log } = await trails(folder);
    const agt = folder.write("audit.json", JSON.stringify(log.getEntries().slice(0, 2)));
    const { code, stdout } = await tollgate(["reconcile", receipts, "--agt", agt, "-k", key]);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^bad: 2 decisions are in both\nonly in the receipts: \S+ mail#\S+ allow\n$/),
    ]);
  });

  it.each([
    ["{}", "expected a JSON array"],
    ["[1]", "entry 0 is no audit entry of AGT's"],
    ["no", "expected a JSON array"],
  ])("refuses %s for a log", async (text, problem) => {
    using folder = new TestFolder();
    const agt = folder.write("audit.json", text);
    const { code, stderr } = await tollgate(["reconcile", "-", "--agt", agt]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });
});
