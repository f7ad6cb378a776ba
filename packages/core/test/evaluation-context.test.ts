import { describe, expect, it } from "vitest";
import { composite } from "../src/evaluate/composite.ts";
import { evaluator } from "../src/evaluate/custom.ts";
import { createGate } from "../src/gate/create-gate.ts";

describe("what evaluators are told", () => {
  it("has the id of the receipt that will say what became of it, whatever that is", async () => {
    const told: string[] = [];
    const watch = evaluator("watch", ({ name }, { decision }) => {
      told.push(decision);
      if (name === "deny") return { decision: "deny", reason: "no" };
      if (name === "ask") return { decision: "require_approval", reason: "large" };
      return { decision: "allow" };
    });
    const gate = createGate({ evaluators: [composite("house", [watch])] });
    const receipts: (string | undefined)[] = [];
    for (const name of ["pay", "deny", "ask"]) {
      receipts.push((await gate.decide({ kind: "tool", name })).receipt?.body.id);
    }
    expect(told).toEqual(receipts);
    expect(new Set(told).size).toBe(3);
  });
});
