import { describe, expect, it } from "vitest";
import { type Answering, policyServer } from "../../../test/policy-server.ts";
import type { ActionInput } from "../../action/action.ts";
import { InvalidConfig } from "../../errors.ts";
import { createGate } from "../../gate/create-gate.ts";
import { type OpaEvaluatorOptions, opaEvaluator } from "./opa-evaluator.ts";

const pay: ActionInput = { kind: "tool", name: "pay", params: { amount: 5 } };
const path = "tollgate/decision";

async function gateOver(answering: Answering, options: Partial<OpaEvaluatorOptions> = {}) {
  const { url, asked } = await policyServer(answering);
  const gate = createGate({
    evaluators: [opaEvaluator({ url, path, timeoutMs: 20_000, ...options })],
    subject: { agent: "bot" },
  });
  return { gate, asked };
}

describe("a rule in OPA", () => {
  it("is asked with the action as its input", async () => {
    const { gate, asked } = await gateOver(() => ({ result: true, decision_id: "d-7" }), {
      path: "acme+corp/allow",
    });
    expect(await gate.decide(pay)).toMatchObject({ outcome: "allow" });
    expect(asked).toMatchObject([
      {
        path: "/v1/data/acme%2Bcorp/allow",
        body: { input: { kind: "tool", name: "pay", params: { amount: 5 }, subject: { agent: "bot" } } },
      },
    ]);
  });

  it.each([
    [true, { outcome: "allow", rules: ["opa/tollgate/decision#d-7"] }],
    [false, { outcome: "deny", reason: "opa denies it" }],
    [{ allow: true }, { outcome: "allow" }],
    [
      { allow: false, reason: "too much", rule: "cap" },
      { outcome: "deny", reason: "too much", rules: ["opa/cap#d-7"] },
    ],
    [{ allow: true, deny: [] }, { outcome: "allow" }],
    [
      { allow: true, deny: ["pii"] },
      { outcome: "deny", reason: "pii" },
    ],
    [{ allow: true, deny: [{ code: 1 }] }, { outcome: "deny" }],
    [
      { decision: "review", approver: "cfo" },
      { outcome: "require_approval", approval: { approver: "cfo" } },
    ],
    [{ allow: false, decision: "review" }, { outcome: "require_approval" }],
  ])("with the value %j decides so", async (result, decision) => {
    const { gate } = await gateOver(() => ({ result, decision_id: "d-7" }));
    expect(await gate.decide(pay)).toMatchObject(decision);
  });

  it.each<[unknown, RegExp]>([
    [{}, /no value at tollgate\/decision/],
    [{ result: null }, /neither true nor false/],
    [{ result: "true" }, /neither true nor false/],
    [{ result: [true] }, /neither true nor false/],
    [{ result: {} }, /neither allow nor decision/],
    [{ result: { allow: "yes" } }, /neither true nor false/],
    [{ result: { allow: true, deny: "pii" } }, /deny that is no list/],
    [{ result: { allow: true, decision: "deny" } }, /contradicts itself/],
    [{ result: { allow: true, allowed: false } }, /contradicts itself/],
    [{ result: { decision: "allow", allowed: false } }, /contradicts itself/],
    [{ result: { allow: true, terminal: true } }, /contradicts itself/],
    [{ result: { decision: "permit" } }, /neither allow, deny nor review/],
  ])("with the answer %j denies", async (answer, message) => {
    const { gate } = await gateOver(() => answer);
    const { outcome, code, cause } = await gate.decide(pay);
    expect([outcome, code, (cause as Error).message]).toEqual([
      "deny",
      "evaluator_failed",
      expect.stringMatching(message),
    ]);
  });

  it("is asked again unless its bundles have revisions, and may be kept", async () => {
    let revision: string | undefined = "r1";
    let cacheable: boolean | undefined = true;
    const bundles = () => ({ authz: revision === undefined ? {} : { revision } });
    const { gate, asked } = await gateOver(
      () => ({
        result: { allow: true, cacheable },
        decision_id: "d",
        provenance: { version: "1.9.0", bundles: bundles() },
      }),
      { cache: {} },
    );
    const count = async (action: ActionInput = pay) => {
      const before = asked.length;
      await gate.decide(action);
      return asked.length - before;
    };
    expect([
      await count(),
      await count(),
      await count({ ...pay, params: { amount: 6 } }),
      await count(),
    ]).toEqual([1, 0, 1, 0]);
    expect(asked[0]?.path).toBe("/v1/data/tollgate/decision?provenance=true");
    revision = "r2";
    // The change shows with the next answer.
    expect([await count({ ...pay, name: "ls" }), await count(), await count()]).toEqual([1, 1, 0]);
    cacheable = undefined;
    expect([await count({ ...pay, name: "a" }), await count({ ...pay, name: "a" })]).toEqual([1, 1]);
    cacheable = true;
    revision = undefined;
    expect([await count({ ...pay, name: "b" }), await count({ ...pay, name: "b" })]).toEqual([1, 1]);
  });

  it("asks for an approval each time, kept or not", async () => {
    const { gate, asked } = await gateOver(
      () => ({
        result: { decision: "review", cacheable: true },
        provenance: { bundles: { a: { revision: "1" } } },
      }),
      { cache: { unmarked: "keep" } },
    );
    const run = gate.run();
    const { approval } = await gate.decide(pay, { run });
    await gate.approvals.grant(approval?.id ?? "", { by: "cfo" });
    expect((await gate.decide(pay, { run })).outcome).toBe("allow");
    expect((await gate.decide(pay, { run })).outcome).toBe("require_approval");
    expect(asked).toHaveLength(3);
  });

  it.each(["", "/tollgate", "a//b", "a/b?x", "a b/ c"])("is not named %j", (odd) => {
    expect(() => opaEvaluator({ url: "http://127.0.0.1:8181", path: odd })).toThrow(
      expect.objectContaining({ constructor: InvalidConfig, field: "path" }),
    );
  });
});
