import { createGate } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { answeredBy, remember } from "./answered.ts";

describe("the answers that a gate's models gave", () => {
  it("are remembered with the gate, by their ids", () => {
    const gate = createGate();
    remember(gate, "response 1", "receipt 1");
    remember(gate, undefined, "receipt 2");
    remember(gate, "", "receipt 3");
    expect([...answeredBy(gate)]).toEqual([["response 1", "receipt 1"]]);
    expect(answeredBy(createGate()).size).toBe(0);
  });

  it("are forgotten beyond ten thousand, the oldest first", () => {
    const gate = createGate();
    for (let index = 0; index <= 10_000; index++) remember(gate, `response ${index}`, "receipt");
    expect(answeredBy(gate).size).toBe(10_000);
    expect(answeredBy(gate).has("response 0")).toBe(false);
    expect(answeredBy(gate).has("response 10000")).toBe(true);
  });
});
