import { describe, expect, it } from "vitest";
import { AnswerCache, type AnswerCacheOptions } from "./answer-cache.ts";
import type { RemoteAnswer } from "./remote-answer.ts";

const fine: RemoteAnswer = { decision: "allow", policyVersion: "1", cacheable: true };

/** Asks a cache as an evaluator does; whether the server had to answer. */
function asking(options: AnswerCacheOptions = {}) {
  const cache = new AnswerCache(options);
  return (question: object, answer: RemoteAnswer = fine, now = 0): "kept" | "asked" => {
    const kept = cache.look(question, now);
    if (typeof kept === "object") return "kept";
    kept(answer, now);
    return "asked";
  };
}

describe("kept answers", () => {
  it("are given again for the same question, whatever the order of its members", () => {
    const ask = asking();
    expect([ask({ a: 1, b: 2 }), ask({ b: 2, a: 1 }), ask({ a: 1, b: 3 }), ask({ a: "1", b: 2 })]).toEqual([
      "asked",
      "kept",
      "asked",
      "asked",
    ]);
  });

  it("are never approvals, nor what the server says depends on more than the question", () => {
    for (const answer of [
      { ...fine, decision: "require_approval" as const },
      { ...fine, cacheable: false },
      { decision: "allow" as const, policyVersion: "1" },
      { decision: "allow" as const, cacheable: true },
    ]) {
      const ask = asking();
      expect([ask({}, answer), ask({}, answer)], JSON.stringify(answer)).toEqual(["asked", "asked"]);
    }
  });

  it("may be all that the server says nothing about, where its owner knows better", () => {
    const unmarked: RemoteAnswer = { decision: "deny", policyVersion: "1" };
    const ask = asking({ unmarked: "keep" });
    expect([ask({}, unmarked), ask({}, unmarked)]).toEqual(["asked", "kept"]);
    const marked = asking({ unmarked: "keep" });
    expect([marked({}, { ...unmarked, cacheable: false }), marked({})]).toEqual(["asked", "asked"]);
    const review = asking({ unmarked: "keep" });
    expect([review({}, { ...unmarked, decision: "require_approval" }), review({})]).toEqual([
      "asked",
      "asked",
    ]);
  });

  it("are gone after their time", () => {
    const ask = asking({ ttlMs: 100 });
    expect([ask({}, fine, 0), ask({}, fine, 99), ask({}, fine, 100), ask({}, fine, 101)]).toEqual([
      "asked",
      "kept",
      "asked",
      "kept",
    ]);
  });

  it("are at most so many: those not used for longest go first", () => {
    const ask = asking({ maxEntries: 2 });
    expect([
      ask({ q: 1 }),
      ask({ q: 2 }),
      ask({ q: 1 }),
      ask({ q: 3 }),
      ask({ q: 1 }),
      ask({ q: 2 }),
    ]).toEqual(["asked", "asked", "kept", "asked", "kept", "asked"]);
  });

  it("are gone with the version that they are of", () => {
    const ask = asking();
    ask({ q: 1 });
    expect(ask({ q: 2 }, { ...fine, policyVersion: "2" })).toBe("asked");
    expect(ask({ q: 1 }, { ...fine, policyVersion: "2" })).toBe("asked");
    expect(ask({ q: 1 })).toBe("kept");
  });

  it("are of the version in force, where something else tells it", () => {
    let version: string | undefined = "1";
    const ask = asking({ policyVersion: () => version });
    expect([ask({ q: 1 }), ask({ q: 1 })]).toEqual(["asked", "kept"]);
    version = "2";
    expect([ask({ q: 1 }), ask({ q: 1 })]).toEqual(["asked", "asked"]);
    expect([ask({ q: 1 }, { ...fine, policyVersion: "2" }), ask({ q: 1 })]).toEqual(["asked", "kept"]);
  });

  it("are not what was on its way while the version changed", () => {
    const cache = new AnswerCache({});
    const look = (question: object) => cache.look(question, 0) as (answer: RemoteAnswer, now: number) => void;
    look({ q: 0 })(fine, 0);
    const slow = look({ q: 1 });
    look({ q: 2 })({ ...fine, policyVersion: "2" }, 0);
    slow(fine, 0);
    expect([typeof cache.look({ q: 1 }, 0), typeof cache.look({ q: 2 }, 0)]).toEqual(["function", "object"]);
  });

  it("do not carry the id that the first answer had", () => {
    const cache = new AnswerCache({});
    (cache.look({}, 0) as (answer: RemoteAnswer, now: number) => void)({ ...fine, id: "d-1" }, 0);
    expect(cache.look({}, 0)).toEqual(fine);
  });
});
