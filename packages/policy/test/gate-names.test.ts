import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluator } from "@tollgate/core/evaluators";
import { manualClock } from "@tollgate/core/testing";
import { loadPolicy } from "@tollgate/policy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gateOf } from "./policy-fixture.ts";

const first = 'version: 1\nrules: [{ id: a, when: action.name == "delete", then: deny, reason: x }]\n';

describe("a changed policy, in a gate that has budgets and evaluators of its own", () => {
  let path = "";
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), "tollgate-policy-")), "tollgate.yaml");
    writeFileSync(path, first);
  });
  afterEach(() => rmSync(join(path, ".."), { recursive: true }));

  const own = { budgets: [{ id: "mine", limit: "9 calls" }] } as const;
  const colliding = "version: 1\nbudgets:\n  - { id: all, limit: $1 }\n  - { id: mine, limit: $5 }\n";

  it("is not changed to one of the same names, which whoever reloads it is told", async () => {
    const policy = loadPolicy(path);
    const failures: unknown[] = [];
    const { gate } = gateOf(policy, { ...own, onFailure: (failure) => failures.push(failure) });
    const other = gateOf(policy);
    const before = policy.digest;
    writeFileSync(path, colliding);
    expect(() => policy.reload()).toThrow(
      expect.objectContaining({
        name: "InvalidPolicy",
        problems: [
          {
            file: expect.stringContaining("tollgate.yaml"),
            line: 4,
            column: 5,
            message: 'a gate with this policy has a budget "mine" of its own; give one of them another id',
          },
        ],
      }),
    );
    expect(policy.digest).toBe(before);
    for (const each of [gate, other.gate]) {
      expect((await each.decide({ kind: "tool", name: "delete" })).receipt?.body).toMatchObject({
        decision: { outcome: "deny", policy: before },
      });
    }
    expect(failures).toEqual([]);
    // What is right again is in force, and a gate that is closed has no say any more.
    writeFileSync(path, colliding.replace("mine", "yours"));
    expect(policy.reload()).toBe(true);
    await gate.close();
    writeFileSync(path, colliding);
    expect(policy.reload()).toBe(true);
    expect((await other.gate.decide({ kind: "tool", name: "x" })).outcome).toBe("allow");
  });

  it("is told so for evaluators, too", () => {
    writeFileSync(path, "version: 1\n");
    const policy = loadPolicy(path);
    gateOf(policy, { evaluators: [evaluator("policy", () => ({ decision: "allow" }))] });
    expect(() => policy.reload(first)).toThrow(
      'policy:1:1: a gate with this policy has an evaluator "policy" of its own',
    );
  });

  it("is told of by a watch as any other mistake is", () => {
    const policy = loadPolicy(path);
    gateOf(policy, own);
    const clock = manualClock();
    const told: string[] = [];
    const stop = policy.watch({
      everyMs: 1000,
      clock,
      onReload: () => told.push("reloaded"),
      onInvalid: ({ problems }) => told.push(`invalid ${problems[0]?.line}`),
    });
    writeFileSync(path, colliding);
    for (let look = 0; look < 4; look++) clock.advance(1000);
    expect(told).toEqual(["invalid 4"]);
    stop();
  });
});
