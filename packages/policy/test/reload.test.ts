import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Decision } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { manualClock } from "@tollgate/core/testing";
import { InvalidPolicy, loadPolicy, type Policy } from "@tollgate/policy";
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

  it("is one policy for each decision, however many are under way when it changes", async () => {
    const policy = loadPolicy(path);
    let turns = 0;
    const waiting = evaluator("waiting", async () => {
      turns += 1;
      for (let turn = turns % 7; turn >= 0; turn--) await Promise.resolve();
      return { decision: "allow" };
    });
    const { gate } = gateOf(policy, { evaluators: [waiting] });
    const [one, other] = [text("$1000", "$0.10", "deny"), text("$2000", "$0.20", "allow")];
    const expected = new Map<string, readonly unknown[]>();
    for (const [said, ...answers] of [
      [one, "deny", 100_000_000n, 1_000_000_000_000n],
      [other, "allow", 200_000_000n, 2_000_000_000_000n],
    ] as const) {
      policy.reload(said);
      expected.set(policy.digest, answers);
    }
    const asked: Promise<readonly Decision[]>[] = [];
    for (let round = 0; round < 60; round++) {
      asked.push(Promise.all(["delete", "search"].map((name) => gate.decide({ kind: "tool", name }))));
      if (round % 3 === 0) await Promise.resolve();
      policy.reload(round % 2 === 0 ? one : other);
    }
    const seen = new Set<unknown>();
    for (const [deleting, searching] of await Promise.all(asked)) {
      const digestOf = (decision: Decision | undefined): string | null =>
        decision?.receipt?.body.type === "decision" ? decision.receipt.body.decision.policy : null;
      expect(deleting?.outcome).toBe(expected.get(String(digestOf(deleting)))?.[0]);
      const [claim] = searching?.claims ?? [];
      const [, price, limit] = expected.get(String(digestOf(searching))) ?? [];
      expect([claim?.amount, claim?.limit]).toEqual([price, limit]);
      seen.add(digestOf(searching));
    }
    expect(seen.size).toBe(2);
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

  it("is the same file also when the process has gone to another folder", () => {
    const before = process.cwd();
    try {
      process.chdir(join(path, ".."));
      const policy = loadPolicy("tollgate.yaml");
      expect(() => loadPolicy("none.yaml")).toThrow("none.yaml:1:1: it cannot be read");
      process.chdir(before);
      writeFileSync(path, text("$1.00", "$0.10", "allow"));
      expect(policy.reload()).toBe(true);
      expect(policy.files).toEqual([realpathSync(path)]);
    } finally {
      process.chdir(before);
    }
  });

  describe("is watched", () => {
    /** What is told of a policy that is looked at each second. */
    function watched(policy: Policy): { told: string[]; look(times?: number): void; stop(): void } {
      const clock = manualClock();
      const told: string[] = [];
      const stop = policy.watch({
        everyMs: 1000,
        clock,
        onReload: () => told.push("reloaded"),
        onInvalid: ({ problems }) => told.push(`invalid ${problems[0]?.line}`),
      });
      return {
        told,
        stop,
        look(times = 1) {
          for (let look = 0; look < times; look++) clock.advance(1000);
        },
      };
    }

    it("and changes with its files, once they stay as they are", () => {
      const policy = loadPolicy(path);
      const { told, look, stop } = watched(policy);
      look(3);
      expect(told).toEqual([]);
      const whole = text("$1.00", "$0.10", "allow");
      // Half of a file that is being written can be a policy without rules.
      writeFileSync(path, whole.slice(0, whole.indexOf("rules")));
      look();
      writeFileSync(path, whole);
      look();
      expect([told, policy.ruleIds]).toEqual([[], ["a"]]);
      look();
      expect(told).toEqual(["reloaded"]);
      stop();
      writeFileSync(path, text("$2.00", "$0.10", "allow"));
      look(5);
      expect(told).toEqual(["reloaded"]);
    });

    it("and what is wrong is told once, until it is right again", () => {
      const policy = loadPolicy(path);
      const { told, look, stop } = watched(policy);
      writeFileSync(path, text("$1.00", "$0.10", "dney"));
      look(5);
      expect(told).toEqual(["invalid 4"]);
      writeFileSync(path, text("$1.00", "$0.10", "deny"));
      look(2);
      writeFileSync(path, text("$1.00", "$0.10", "dney"));
      look(2);
      writeFileSync(path, text("$1.00", "$0.10", "stop"));
      look(2);
      expect(told).toEqual(["invalid 4", "invalid 4", "reloaded"]);
      stop();
    });

    it("and compared with what it was read from: what has changed since then is not missed", () => {
      const policy = loadPolicy(path);
      writeFileSync(path, text("$1.00", "$0.10", "allow"));
      const clock = manualClock();
      const told: string[] = [];
      const stop = policy.watch({
        everyMs: 1000,
        clock,
        onReload: ({ digest }) => {
          told.push(digest);
          if (told.length === 1) writeFileSync(path, text("$9.00", "$0.10", "stop"));
        },
      });
      for (let look = 0; look < 6; look++) clock.advance(1000);
      stop();
      expect(told).toEqual([expect.anything(), loadPolicy(path).digest]);
      expect(policy.digest).toBe(loadPolicy(path).digest);
    });

    it("and read once for each change, however long it stays wrong", () => {
      const secret =
        "rules: [{ id: a, when: true, then: { degrade: { params: { key: '$" +
        "{env.KEY}' } } }, reason: x }]\n";
      writeFileSync(path, `version: 1\n${secret}`);
      let read = 0;
      const env = {
        get KEY() {
          read += 1;
          return "secret";
        },
      };
      const policy = loadPolicy(path, { env });
      const perLoad = read;
      const { told, look, stop } = watched(policy);
      writeFileSync(path, `version: 1\notherwise: maybe\n${secret}`);
      look(20);
      expect([told, read]).toEqual([["invalid 2"], 2 * perLoad]);
      writeFileSync(path, `version: 1\notherwise: never\n${secret}`);
      look(20);
      expect([told, read]).toEqual([["invalid 2"], 3 * perLoad]);
      stop();
    });

    it("and nothing else, also after another one was not taken in its place", () => {
      const policy = loadPolicy(path);
      const { told, look, stop } = watched(policy);
      const other = join(path, "..", "other.yaml");
      writeFileSync(other, "version: 9\n");
      expect(() => policy.reload(other)).toThrow(InvalidPolicy);
      look(3);
      expect([told, policy.ruleIds]).toEqual([[], ["a"]]);
      writeFileSync(path, text("$1.00", "$0.10", "stop"));
      look(3);
      expect(told).toEqual(["reloaded"]);
      stop();
    });

    it("and files that it includes from now on are looked at, too", () => {
      const policy = loadPolicy(path);
      const { told, look, stop } = watched(policy);
      const more = join(path, "..", "more.yaml");
      writeFileSync(path, `${text("$1.00", "$0.10", "deny")}include: [more.yaml]\n`);
      look(2);
      expect(told).toEqual(["invalid 5"]);
      writeFileSync(more, "version: 1\nrules: []\n");
      look(2);
      writeFileSync(more, "version: 1\nrules: [{ id: b, when: run.steps > 9, then: stop, reason: x }]\n");
      look(2);
      expect(policy.ruleIds).toEqual(["a", "b"]);
      expect(told).toEqual(["invalid 5", "reloaded"]);
      stop();
    });
  });
});
