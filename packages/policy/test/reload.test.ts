import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualClock } from "@tollgate/core/testing";
import { InvalidPolicy, loadPolicy } from "@tollgate/policy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gateOf } from "./policy-fixture.ts";

const text = (limit: string, price: string, then: string): string => `version: 1
budgets: [{ id: all, limit: ${limit} }]
prices: { tools: { search: ${price} } }
rules: [{ id: a, when: action.name == "delete", then: ${then}, reason: x }]
`;

describe("a policy that changes while a gate runs", () => {
  let path = "";
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), "tollgate-policy-")), "tollgate.yaml");
    writeFileSync(path, text("$1.00", "$0.10", "deny"));
  });
  afterEach(() => rmSync(join(path, ".."), { recursive: true }));

  it("changes as a whole, and every receipt has the digest of the one it was decided under", async () => {
    const policy = loadPolicy(path);
    const { gate } = gateOf(policy);
    const before = policy.digest;
    const [denied, cheap] = [
      await gate.decide({ kind: "tool", name: "delete" }),
      await gate.decide({ kind: "tool", name: "search" }),
    ];
    writeFileSync(path, text("$0.50", "$0.45", "allow"));
    expect(policy.reload()).toBe(true);
    const [allowed, dear] = [
      await gate.decide({ kind: "tool", name: "delete" }),
      await gate.decide({ kind: "tool", name: "search" }),
    ];
    expect([denied.outcome, allowed.outcome, cheap.outcome, dear.code]).toEqual([
      "deny",
      "allow",
      "allow",
      "budget_exceeded",
    ]);
    expect(policy.digest).not.toBe(before);
    const digests = [denied, cheap, allowed, dear].map(({ receipt }) =>
      receipt?.body.type === "decision" ? receipt.body.decision.policy : null,
    );
    expect(digests).toEqual([before, before, policy.digest, policy.digest]);
    expect(policy.reload()).toBe(false);
  });

  it("stays as it is when the new one is bad, however it is bad", async () => {
    const policy = loadPolicy(path);
    const { gate } = gateOf(policy);
    const inForce = policy.policy();
    for (const bad of [
      "version: 1\nrules: [{",
      text("5", "$0.10", "deny"),
      text("$1.00", "$0.10", "dney"),
      "",
    ]) {
      writeFileSync(path, bad);
      expect(() => policy.reload()).toThrow(InvalidPolicy);
    }
    rmSync(path);
    expect(() => policy.reload()).toThrow(/cannot be read/);
    expect(policy.policy()).toBe(inForce);
    expect((await gate.decide({ kind: "tool", name: "delete" })).outcome).toBe("deny");
  });

  it("is watched: a change is in force after the next look, and what is wrong is told once", () => {
    const clock = manualClock();
    const policy = loadPolicy(path);
    const told: string[] = [];
    const stop = policy.watch({
      everyMs: 1000,
      clock,
      onReload: () => told.push("reloaded"),
      onInvalid: ({ problems }) => told.push(`invalid ${problems[0]?.line}`),
    });
    clock.advance(1000);
    expect(told).toEqual([]);
    writeFileSync(path, text("$1.00", "$0.10", "allow"));
    clock.advance(1000);
    writeFileSync(path, text("$1.00", "$0.10", "dney"));
    clock.advance(1000);
    clock.advance(1000);
    expect(told).toEqual(["reloaded", "invalid 4"]);
    stop();
    writeFileSync(path, text("$2.00", "$0.10", "allow"));
    clock.advance(5000);
    expect(told).toHaveLength(2);
  });
});
