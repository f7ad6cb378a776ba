import { createTool } from "@mastra/core/tools";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateTool } from "../src/index.ts";
import { agentOf, open, sends } from "./fixture.ts";

const actions = { send: { amounts: { usd: 1_000_000n } } };

/** A tool that aborts its own call and never comes to its end. */
function hanging(abort: AbortController) {
  return createTool({
    id: "send",
    description: "",
    inputSchema: z.object({ to: z.string() }),
    execute: () => {
      abort.abort();
      return new Promise<never>(() => undefined);
    },
  });
}

describe("a tool that never comes to its end", () => {
  it("is booked where its agent is aborted", async () => {
    const fixture = await open(sends());
    const abort = new AbortController();
    const agent = agentOf(fixture, { tools: { send: hanging(abort) } }, { actions });
    // Mastra itself waits for it.
    agent.generate("hi", { abortSignal: abort.signal }).catch(() => undefined);
    await expect.poll(async () => (await fixture.gate.balances())[0]?.spent).toBeGreaterThan(1_000_000n);
    expect((await fixture.gate.balances())[0]?.held).toBe(0n);
  });

  it("is booked where it is aborted without an agent", async () => {
    const { gate, run } = await open();
    const abort = new AbortController();
    const { execute } = gateTool(hanging(abort), run, { actions });
    execute?.({ to: "bob" }, { abortSignal: abort.signal } as never);
    await expect.poll(async () => (await gate.balances())[0]?.spent).toBe(1_000_000n);
    expect((await gate.balances())[0]?.held).toBe(0n);
  });
});
