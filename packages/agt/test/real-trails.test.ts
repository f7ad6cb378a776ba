import { type AuditEntry, AuditLogger } from "@microsoft/agent-governance-sdk";
import { createGate, type Gate, type Receipt } from "@tollgate/core";
import { composite, denyTools, evaluator } from "@tollgate/core/evaluators";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { type AgtEvaluatorOptions, agtEvaluator, reconcile } from "../src/index.ts";
import { engineOf, rule } from "./engine.ts";

const engine = () =>
  engineOf(rule("no-rm", "tool == 'rm'", "deny"), rule("large", "params.amount > 100", "require_approval"));

function trails(options: AgtEvaluatorOptions = {}): { gate: Gate; audit: AuditLogger } {
  const audit = new AuditLogger();
  const policy = composite("policy", [agtEvaluator(engine(), { audit, ...options }), denyTools(["drop"])]);
  return {
    audit,
    gate: createGate({
      evaluators: [policy],
      budgets: [{ id: "day", limit: "$1.00" }],
      subject: { agent: "bot" },
    }),
  };
}

const call = (name: string, usd = "$0.10", params: object = {}) =>
  ({ kind: "tool", name, params, amounts: { usd } }) as const;

function fail(): never {
  throw new Error("the disk is full");
}

async function receiptsOf(gate: Gate): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  for await (const receipt of gate.receipts()) receipts.push(receipt);
  return receipts;
}

describe("the two trails", () => {
  it("name each other: the entry the decision, the receipt the entry's hash", async () => {
    const { gate, audit } = trails();
    const { receipt } = await gate.decide(call("rm"));
    const [entry] = audit.getEntries();
    expect(entry).toMatchObject({ agentId: "bot", action: `rm#${receipt?.body.id}`, decision: "deny" });
    expect(receipt?.body).toMatchObject({ decision: { rules: [`policy/agt/house/no-rm#${entry?.hash}`] } });
    expect(audit.verify()).toBe(true);
  });

  it("join: denies, reviews, refusals by the budget and by others, rewrites and what goes ahead", async () => {
    const audit = new AuditLogger();
    const shorter = evaluator("shorter", ({ params }) =>
      (params as { long?: boolean }).long === true
        ? { decision: "degrade", patch: { params: { long: false } }, reason: "be brief" }
        : { decision: "allow" },
    );
    const gate = createGate({
      evaluators: [agtEvaluator(engine(), { audit }), denyTools(["drop"]), shorter],
      budgets: [{ id: "day", limit: "$1.00" }],
      subject: { agent: "bot" },
    });
    const run = gate.run();
    const paid = call("pay", "$0.10", { amount: 500 });
    const { approval } = await gate.decide(paid, { run });
    await gate.approvals.grant(approval?.id ?? "", { by: "cfo" });
    const outcomes = [await gate.decide(paid, { run })];
    for (const action of [call("rm"), call("drop"), call("pay", "$2.00"), call("pay")]) {
      outcomes.push(await gate.decide(action, { run }));
    }
    outcomes.push(await gate.decide(call("mail", "$0.10", { long: true }), { run, accepts: ["params"] }));
    expect(outcomes.map(({ code }) => code)).toEqual([
      "allowed",
      "policy_denied",
      "policy_denied",
      "budget_exceeded",
      "allowed",
      "degraded",
    ]);
    const report = await reconcile(audit.getEntries(), gate.receipts());
    expect(report).toMatchObject({
      ok: true,
      onlyAgt: [],
      onlyTollgate: [],
      beforeAgt: 0,
      foreign: [],
      conflicts: [],
      chain: null,
    });
    expect(report.joined.map(({ entries }) => entries.map(({ decision }) => decision).join())).toEqual([
      "review",
      "review",
      "deny",
      "allow",
      "allow",
      "allow",
      "allow,allow",
    ]);
  });

  it.each<[string, () => unknown]>([
    ["throws", fail],
    ["answers no hash", () => ({})],
    ["writes later", () => Promise.resolve({ hash: "0".repeat(64) })],
  ])("are two: a log that %s denies", async (_what, log) => {
    const { gate } = trails({ audit: { log: log as never } });
    expect(await gate.decide(call("ls"))).toMatchObject({ outcome: "deny", code: "evaluator_failed" });
    expect(await gate.balances()).toEqual([]);
  });

  it("are not what ends the process: a log that throws while a backend hangs", async () => {
    const clock = manualClock();
    const reached = Promise.withResolvers<void>();
    const hanging = engine();
    hanging.registerBackend({
      name: "remote",
      evaluatePolicy: () => {
        reached.resolve();
        return new Promise<never>(() => undefined);
      },
    });
    const evaluators = [agtEvaluator(hanging, { timeoutMs: 50, audit: { log: fail } })];
    const asked = createGate({ clock, evaluators }).decide(call("ls"));
    await reached.promise;
    clock.advance(50);
    expect(await asked).toMatchObject({ outcome: "deny", code: "evaluator_failed" });
  });

  it("may hold entries of others, and no entry of what AGT was not asked about", async () => {
    const { gate, audit } = trails({ kinds: ["llm"] });
    audit.log({ agentId: "bot", action: "pay", decision: "allow" });
    await gate.decide(call("pay"));
    const stopped = gate.run();
    await stopped.stop("enough");
    await gate.decide(call("pay"), { run: stopped });
    const { foreign, onlyTollgate } = await reconcile(audit.getEntries(), gate.receipts(), {
      kinds: ["llm"],
    });
    expect([foreign.length, onlyTollgate]).toEqual([1, []]);
    expect((await reconcile(audit.getEntries(), gate.receipts())).onlyTollgate).toHaveLength(1);
  });
});

describe("what does not go together", () => {
  async function three(): Promise<{ entries: AuditEntry[]; receipts: Receipt[] }> {
    const { gate, audit } = trails();
    for (const name of ["pay", "rm", "mail"]) await gate.decide(call(name));
    return { entries: audit.getEntries(), receipts: await receiptsOf(gate) };
  }

  it("a cut end of AGT's log, which AGT does not notice", async () => {
    const { entries, receipts } = await three();
    const report = await reconcile(entries.slice(0, 2), receipts);
    expect(report).toMatchObject({ ok: false, chain: null, onlyTollgate: [{ action: { name: "mail" } }] });
  });

  it("a beginning that AGT's log dropped is told apart", async () => {
    const { entries, receipts } = await three();
    const later = entries
      .slice(1)
      .map((entry) => ({ ...entry, timestamp: new Date(Date.now() + 60_000).toISOString() }));
    const report = await reconcile(later, receipts);
    expect([report.beforeAgt, report.onlyTollgate, report.joined.length]).toEqual([1, [], 2]);
  });

  it("a receipt that is gone", async () => {
    const { entries, receipts } = await three();
    const report = await reconcile(
      entries,
      receipts.filter(({ body }) => body.type !== "decision" || body.action.name !== "rm"),
    );
    expect(report).toMatchObject({
      ok: false,
      onlyAgt: [{ action: expect.stringMatching(/^rm#/), decision: "deny" }],
    });
  });

  it("an entry that was changed, and one written anew with a whole chain", async () => {
    const { entries, receipts } = await three();
    const changed = entries.map((entry, at) => (at === 1 ? { ...entry, decision: "allow" as const } : entry));
    expect((await reconcile(changed, receipts)).chain).toBe("entry 1 was changed: its hash is another");
    expect((await reconcile([entries[0], entries[2]] as AuditEntry[], receipts)).chain).toBe(
      "entry 1 does not follow the one before it",
    );
    const forged = new AuditLogger();
    for (const { agentId, action } of entries) forged.log({ agentId, action, decision: "allow" });
    const report = await reconcile(forged.getEntries(), receipts);
    expect(report.chain).toBeNull();
    expect(report.conflicts.map(({ problem }) => problem)).toContainEqual(
      expect.stringMatching(/names an entry that is not there/),
    );
    expect(report.ok).toBe(false);
  });

  it("a call that went ahead against AGT", async () => {
    const audit = new AuditLogger();
    const gate = createGate({ subject: { agent: "bot" } });
    for (const [name, decision] of [
      ["rm", "deny"],
      ["pay", "review"],
      ["ls", "allow"],
    ] as const) {
      const { receipt } = await gate.decide(call(name === "ls" ? "mv" : name));
      audit.log({ agentId: "bot", action: `${name}#${receipt?.body.id}`, decision });
    }
    const { conflicts } = await reconcile(audit.getEntries(), gate.receipts());
    expect(conflicts.map(({ problem }) => problem)).toEqual([
      "AGT denied it, and it was let through",
      "AGT asked for a review, and it was let through without an approval",
      "AGT's entry is of ls, the receipt of mv",
    ]);
  });
});

describe("what AGT sees", () => {
  it("is the action, its subject, and what the caller adds under names of its own", async () => {
    const seen: Record<string, unknown>[] = [];
    const watched = engineOf(rule("r", "risk.score > 3 or kind == 'llm' and tool == 'llm:gpt-4o'", "deny"));
    const ask = watched.evaluatePolicy.bind(watched);
    watched.evaluatePolicy = (did, context) => {
      seen.push({ did, ...context });
      return ask(did, context);
    };
    const context = () => ({ risk: { score: 1 }, tool: "harmless" });
    const gate = createGate({ evaluators: [agtEvaluator(watched, { fields: ["risk"], context })] });
    const run = gate.run({ id: "r-1", agent: "bot", user: "alice" });
    expect((await gate.decide({ kind: "tool", name: "pay", params: { amount: 1 } }, { run })).outcome).toBe(
      "allow",
    );
    expect((await gate.decide({ kind: "llm", name: "gpt-4o", provider: "openai" }, { run })).outcome).toBe(
      "deny",
    );
    expect(seen).toMatchObject([
      {
        did: "bot",
        tool: "pay",
        action: "pay",
        kind: "tool",
        name: "pay",
        params: { amount: 1 },
        user: "alice",
        run: "r-1",
        steps: 1,
        risk: { score: 1 },
      },
      { tool: "llm:gpt-4o", provider: "openai" },
    ]);
  });

  it("holds the facets of AGT's own, without doubts about them", async () => {
    const sql = engineOf(rule("writes", "sql.verb != 'SELECT'", "deny"));
    const context = ({ params }: { readonly params: unknown }) => ({
      sql: { query: (params as { query: string }).query },
    });
    const gate = createGate({ evaluators: [agtEvaluator(sql, { context })], subject: { agent: "bot" } });
    const ask = async (query: string) =>
      (await gate.decide({ kind: "tool", name: "db", params: { query } })).outcome;
    expect([await ask("SELECT 1"), await ask("DROP TABLE t")]).toEqual(["allow", "deny"]);
  });
});
