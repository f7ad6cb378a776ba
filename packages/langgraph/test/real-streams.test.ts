import { START, StateGraph } from "@langchain/langgraph";
import { ActionDenied } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { asker, Notes } from "./asking-node.ts";
import { booksOf, calls, type Fixture, open } from "./fixture.ts";

const modes = ["values", "updates", "messages", "custom", "checkpoints", "tasks", "debug", "tools"] as const;

/** Eight calls, one after the other. */
const eight = (fixture: Fixture) => {
  const loop = new StateGraph(Notes)
    .addNode("ask", asker(fixture))
    .addEdge(START, "ask")
    .addConditionalEdges("ask", ({ notes }) => (notes.length < 8 ? "ask" : "__end__"));
  return loop.compile({ checkpointer: fixture.saver });
};

const config = { configurable: { thread_id: "t" }, recursionLimit: 30 };

describe("a streamed graph", () => {
  it.each(modes)(
    "in mode %s spends what its budget allows and ends with the gate's own error",
    async (streamMode) => {
      const fixture = await open({ budgets: [calls(2)] });
      const read = async () => {
        for await (const _part of await eight(fixture).stream({}, { ...config, streamMode }));
      };
      await expect(read()).rejects.toBeInstanceOf(ActionDenied);
      expect(fixture.provider.count()).toBe(2);
      expect(await booksOf(fixture.gate)).toEqual({ calls: 2n, money: 2n * 360_000n, held: 0n });
    },
  );

  it("of which only the first part is read goes on, and its budget still holds", async () => {
    const fixture = await open({ budgets: [calls(3)] });
    for await (const _part of await eight(fixture).stream({}, { ...config, streamMode: "updates" })) break;
    await expect.poll(() => fixture.provider.count()).toBe(3);
    await expect.poll(async () => (await booksOf(fixture.gate)).held).toBe(0n);
    expect(await booksOf(fixture.gate)).toMatchObject({ calls: 3n });
  });

  it("that is aborted makes no further call, and what it had begun is booked", async () => {
    const fixture = await open({}, ({ index }) => (index === 0 ? {} : { ending: "silent" }));
    const abort = new AbortController();
    const stream = await eight(fixture).stream(
      {},
      { ...config, streamMode: "updates", signal: abort.signal },
    );
    for await (const _part of stream) break;
    await expect.poll(() => fixture.provider.count()).toBe(2);
    abort.abort();
    await expect.poll(async () => (await booksOf(fixture.gate)).held).toBe(0n);
    expect(fixture.provider.count()).toBe(2);
    // Of the second call nobody knows what it cost: what was reserved is booked.
    expect((await booksOf(fixture.gate)).money).toBeGreaterThan(2n * 360_000n);
  });

  it("of events ends with the gate's own error, too", async () => {
    const fixture = await open({ budgets: [calls(1)] });
    const read = async () => {
      for await (const _event of eight(fixture).streamEvents({}, { ...config, version: "v2" }));
    };
    await expect(read()).rejects.toBeInstanceOf(ActionDenied);
    expect(fixture.provider.count()).toBe(1);
  });
});
