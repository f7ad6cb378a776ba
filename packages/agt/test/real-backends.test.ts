import {
  AuditLogger,
  CedarBackend,
  type ExternalPolicyBackend,
  PolicyEngine,
} from "@microsoft/agent-governance-sdk";
import { createGate, InvalidConfig } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { agtEvaluator, cedarOnLoopback } from "../src/index.ts";
import { engineOf } from "./engine.ts";
import { decide } from "./gate-with.ts";

describe("trap 7: backends that answer nonsense, lack the method or hang", () => {
  function withBackend(backend: Partial<ExternalPolicyBackend>, flat = false): PolicyEngine {
    const engine = flat ? new PolicyEngine([{ action: "*", effect: "allow" }]) : engineOf();
    engine.registerBackend({ name: "remote", ...backend });
    return engine;
  }

  it.each([["permit"], ["ALLOW"], [""], [{ backend: "remote", decision: "yes" }]])(
    "an answer of %j denies",
    async (answer) => {
      const engine = withBackend({ evaluatePolicy: () => answer as never });
      expect((await decide(engine, {})).reason).toMatch(
        /^AGT_DENY: backend remote answered neither allow, deny nor review$/,
      );
      const flat = withBackend({ evaluateAction: () => answer as never }, true);
      expect((await decide(flat, {})).outcome).toBe("deny");
    },
  );

  it.each([
    ["allow", "allow"],
    ["deny", "deny"],
    ["review", "require_approval"],
  ] as const)("an answer of %s counts: %s", async (answer, outcome) => {
    expect((await decide(withBackend({ evaluatePolicy: () => answer }), {})).outcome).toBe(outcome);
    expect((await decide(withBackend({ evaluateAction: async () => answer }, true), {})).outcome).toBe(
      outcome,
    );
  });

  it("a backend that throws denies", async () => {
    const engine = withBackend({ evaluatePolicy: () => Promise.reject(new Error("")) });
    expect((await decide(engine, {})).outcome).toBe("deny");
  });

  it("a backend without the method denies, unless the other rule set could ask it", async () => {
    expect((await decide(withBackend({ evaluateAction: () => "allow" }), {})).reason).toMatch(
      /remote has no method/,
    );
    expect((await decide(withBackend({ evaluatePolicy: () => "allow" }, true), {})).reason).toMatch(
      /remote has no method/,
    );
    const both = withBackend({ evaluatePolicy: () => "allow" });
    both.addRule({ action: "*", effect: "allow" });
    expect((await decide(both, {})).outcome).toBe("allow");
    const neither = withBackend({});
    neither.addRule({ action: "*", effect: "allow" });
    expect((await decide(neither, {})).reason).toMatch(/remote has no method/);
  });

  it("a backend that hangs denies when its time is up, holds nothing, and is entered as a deny", async () => {
    const clock = manualClock();
    const audit = new AuditLogger();
    const reached = Promise.withResolvers<void>();
    const evaluatePolicy = () => {
      reached.resolve();
      return new Promise<never>(() => undefined);
    };
    const engine = withBackend({ evaluatePolicy });
    const gate = createGate({
      clock,
      budgets: [{ id: "day", limit: "$1.00" }],
      evaluators: [agtEvaluator(engine, { timeoutMs: 50, audit })],
    });
    const asked = gate.decide({ kind: "tool", name: "pay", amounts: { usd: "$0.10" } });
    await reached.promise;
    clock.advance(50);
    const { outcome, code, receipt, permit } = await asked;
    expect([outcome, code, permit]).toEqual(["deny", "evaluator_failed", null]);
    expect(audit.getEntries()).toMatchObject([{ action: `pay#${receipt?.body.id}`, decision: "deny" }]);
    expect(await gate.balances()).toEqual([]);
  });

  it.each([
    [{ allowed: true, action: "warn" }],
    [{ allowed: true, action: "deny" }],
    [{ allowed: "yes", action: "allow" }],
    [{ allowed: true, action: "allow", rateLimited: true }],
    [{}],
  ])("an engine that answers %j denies", async (answer) => {
    const engine = engineOf();
    engine.evaluatePolicy = () => answer as never;
    expect((await decide(engine, {})).outcome).toBe("deny");
  });

  it.each([
    [{ backendResults: [{ backend: "remote", decision: "deny" }] }],
    [{ backendResults: [{ backend: "remote", decision: "allow", error: "down" }] }],
    [{ backendResults: [], effectivePolicyResult: { allowed: false, action: "deny" } }],
  ])("an engine whose allow has %j in it denies", async (answer) => {
    const engine = withBackend({ evaluatePolicy: () => "allow" });
    const localDecision = { allowed: true, action: "allow" };
    engine.evaluatePolicyWithBackends = async () =>
      ({ effectiveDecision: "allow", localDecision, ...answer }) as never;
    expect((await decide(engine, {})).reason).toBe("AGT_DENY: AGT's answer contradicts itself");
  });

  it("an engine that throws denies, and is entered as a deny", async () => {
    const engine = engineOf();
    engine.evaluatePolicy = () => {
      throw new Error("broken");
    };
    const audit = new AuditLogger();
    expect((await decide(engine, {}, { audit })).code).toBe("evaluator_failed");
    expect(audit.getEntries()).toMatchObject([{ decision: "deny" }]);
  });
});

describe("trap 8: CedarBackend refuses the machine that it runs on", () => {
  const agent = "http://127.0.0.1:8180/v1/is_authorized";

  it("and reaches it all the same when it is told another name", async () => {
    expect(() => new CedarBackend({ endpoint: agent })).toThrow(/private address/);
    const sent: [string, RequestInit | undefined][] = [];
    const send: typeof fetch = async (url, init) => {
      sent.push([String(url), init]);
      return Response.json({ decision: "review" });
    };
    const engine = engineOf();
    engine.registerBackend(new CedarBackend(cedarOnLoopback(agent, { fetch: send })));
    expect((await decide(engine, {})).outcome).toBe("require_approval");
    expect(sent).toEqual([[agent, expect.objectContaining({ method: "POST", redirect: "error" })]]);
  });

  it.each(["http://localhost/x", "http://[::1]:81/", "https://127.1.2.3/"])("takes %s", (url) => {
    expect(cedarOnLoopback(url).endpoint).toBe("http://cedar.invalid");
  });

  it.each([
    "http://10.0.0.1/",
    "http://169.254.169.254/",
    "http://localhost.evil.example/",
    "file:///etc/passwd",
    "x",
  ])("refuses %s, which is another machine", (url) =>
    expect(() => cedarOnLoopback(url)).toThrow(InvalidConfig),
  );

  it("is not to be used for anything else", async () => {
    await expect(cedarOnLoopback(agent).fetchImpl("http://other.example")).rejects.toThrow(
      /own endpoint only/,
    );
  });
});
