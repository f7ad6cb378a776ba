import { createGate } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { GatedTool, gatedTool, gatedToolOf } from "./gated-tool.ts";

const skipping = () =>
  createGate({ evaluators: [{ name: "skip", evaluate: () => ({ decision: "skip", reason: "known" }) }] });

describe("a decision that was left for a call", () => {
  it("is taken by the execution of the very same input, once", async () => {
    const tool = new GatedTool("t", skipping(), () => ({}));
    const input = { a: 1 };
    const decision = await tool.decide(input);
    tool.leave(input, decision);
    expect(await tool.take({ a: 1 })).not.toBe(decision);
    expect(await tool.take(input)).toBe(decision);
    expect(await tool.take(input)).not.toBe(decision);
  });

  it("is not used when its reservation has ended meanwhile", async () => {
    const tool = new GatedTool("t", createGate(), () => ({}));
    const input = { a: 1 };
    const decision = await tool.decide(input);
    tool.leave(input, decision);
    await decision.permit?.release("too late");
    expect((await tool.take(input)).permit?.ended).toBeNull();
  });

  it("cannot be left for what is no object: it is decided again", async () => {
    const tool = new GatedTool("t", createGate(), () => ({}));
    const decision = await tool.decide("text");
    tool.leave("text", decision);
    expect(await tool.take("text")).not.toBe(decision);
  });
});

describe("gatedToolOf", () => {
  it("finds the gate's side of a gated tool, and nothing in anything else", () => {
    const gated = new GatedTool("t", createGate(), () => ({}));
    expect(gatedToolOf({ [gatedTool]: gated })).toBe(gated);
    for (const other of [null, undefined, "tool", {}]) expect(gatedToolOf(other)).toBeNull();
  });
});
