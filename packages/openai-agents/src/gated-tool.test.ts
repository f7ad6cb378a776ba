import { createGate, type Decision } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { LeftDecisions, toToolAction } from "./gated-tool.ts";

const gate = createGate();
const decide = (input: unknown): Promise<Decision> => gate.decide(toToolAction("send", input));

describe("a decision that was left for a call", () => {
  it("is taken once, by the same call with the same arguments in the same run of the SDK", async () => {
    const left = new LeftDecisions();
    const [here, elsewhere] = [{}, {}];
    const decision = await decide({ to: "bob" });
    left.leave(here, "call_1", { to: "bob" }, decision);
    expect(left.take(elsewhere, "call_1", { to: "bob" })).toBeUndefined();
    expect(left.take(here, "call_2", { to: "bob" })).toBeUndefined();
    expect(left.take(here, "call_1", { to: "eve" })).toBeUndefined();
    expect(left.take(here, "call_1", { to: "bob" })).toBe(decision);
    expect(left.take(here, "call_1", { to: "bob" })).toBeUndefined();
  });

  it("is one of its own for each of two calls that look the same", async () => {
    const left = new LeftDecisions();
    const [first, second] = [await decide({}), await decide({})];
    left.leave(gate, "call_1", {}, first);
    left.leave(gate, "call_1", {}, second);
    expect([left.take(gate, "call_1", {}), left.take(gate, "call_1", {})]).toEqual([first, second]);
  });

  it("holds no longer when its reservation has ended", async () => {
    const left = new LeftDecisions();
    const decision = await decide({});
    left.leave(gate, "call_1", {}, decision);
    await decision.permit?.release("too late");
    expect(left.take(gate, "call_1", {})).toBeUndefined();
  });

  it("that refuses holds as well", async () => {
    const denying = createGate({
      evaluators: [{ name: "rule", evaluate: () => ({ decision: "deny", reason: "no" }) }],
    });
    const left = new LeftDecisions();
    const decision = await denying.decide(toToolAction("send", {}));
    left.leave(gate, "call_1", {}, decision);
    expect(left.take(gate, "call_1", {})).toBe(decision);
  });
});
