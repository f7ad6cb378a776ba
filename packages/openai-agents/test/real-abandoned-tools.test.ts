import { Agent, tool } from "@openai/agents";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateMcpServer, gateTools } from "../src/index.ts";
import { isAllSettled, open } from "./fixture.ts";

const options = { description: "", parameters: z.object({}) };
const never = () => new Promise<never>(() => undefined);
const aborts = (abort: AbortController) => () => {
  abort.abort();
  return never();
};
const priced = { amounts: { usd: 1_000_000n } };

describe("a tool that never comes to its end", () => {
  it("is booked where the SDK leaves it for its timeout", async () => {
    const { gate, run, runner } = await open(({ index }) =>
      index === 0 ? { toolCalls: [{ name: "slow", arguments: {} }] } : { text: "done" },
    );
    const slow = tool({ ...options, name: "slow", timeoutMs: 5, execute: never });
    const tools = gateTools([slow], run, { actions: { slow: priced } });
    const { finalOutput } = await runner.run(new Agent({ name: "a", model: "gpt-4o", tools }), "hi");
    expect(finalOutput).toBe("done");
    await expect.poll(() => isAllSettled(gate)).toBe(true);
  });

  it("is booked where its run is aborted", async () => {
    const { gate, run, runner } = await open(() => ({ toolCalls: [{ name: "slow", arguments: {} }] }));
    const abort = new AbortController();
    const slow = tool({ ...options, name: "slow", execute: aborts(abort) });
    const tools = gateTools([slow], run, { actions: { slow: priced } });
    // The SDK itself waits for it.
    runner
      .run(new Agent({ name: "a", model: "gpt-4o", tools }), "hi", { signal: abort.signal })
      .catch(() => undefined);
    await expect.poll(async () => (await gate.balances())[0]?.spent).toBeGreaterThanOrEqual(1_000_000n);
    expect(await isAllSettled(gate)).toBe(true);
  });

  it("of an MCP server is booked where its call is aborted", async () => {
    const { gate, run } = await open();
    const abort = new AbortController();
    const server = {
      name: "files",
      cacheToolsList: false,
      connect: async () => undefined,
      close: async () => undefined,
      listTools: async () => [],
      callTool: aborts(abort),
      invalidateToolsCache: async () => undefined,
    };
    const gated = gateMcpServer(server, run, { actions: { read: priced } });
    gated.callTool.call(gated, ...(["read", {}, null, { signal: abort.signal }] as unknown as []));
    await expect.poll(async () => (await gate.balances())[0]?.spent).toBe(1_000_000n);
    expect(await isAllSettled(gate)).toBe(true);
  });
});
