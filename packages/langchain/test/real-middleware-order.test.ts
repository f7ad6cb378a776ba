import { InvalidConfig } from "@tollgate/core";
import {
  createAgent,
  createMiddleware,
  modelFallbackMiddleware,
  modelRetryMiddleware,
  toolRetryMiddleware,
} from "langchain";
import { describe, expect, it, vi } from "vitest";
import { gateMiddleware, gateOutermost } from "../src/middleware.ts";
import { asked, callsLookup, counted, theirs } from "./agent-fixture.ts";
import { modelCalls, open } from "./fixture.ts";

vi.spyOn(console, "error").mockImplementation(() => undefined);

describe("a middleware before the gate", () => {
  it.each([
    ["a model retry", theirs(modelRetryMiddleware({ maxRetries: 2, initialDelayMs: 1, jitter: false }))],
    ["a model fallback", theirs(modelFallbackMiddleware("openai:gpt-4o"))],
  ])("that is %s is told of as the agent's error, and reaches no provider", async (_what, retry) => {
    const { run, chat, provider } = await open(undefined, modelCalls(0));
    const agent = createAgent({ model: chat(), middleware: [retry, gateMiddleware(run)] });
    const error = await agent.invoke(asked).catch((e) => e);
    expect(String(error)).toMatch(/gateMiddleware must come first/);
    expect(provider.count()).toBe(0);
    await expect(agent.invoke(asked)).rejects.toThrow(/gateMiddleware must come first/);
  });

  it("that is a tool retry is told of, and the tool runs once at most", async () => {
    const { run, chat } = await open(callsLookup);
    const { lookup, ran } = counted(() => {
      throw new Error("broken");
    });
    const retry = theirs(toolRetryMiddleware({ maxRetries: 2, initialDelayMs: 1, jitter: false }));
    const middleware = [retry, gateMiddleware(run, { toolErrors: "throw" })];
    const error = await createAgent({ model: chat(), tools: [lookup], middleware })
      .invoke(asked)
      .catch((e) => e);
    expect(String(error)).toMatch(/gateMiddleware must come first/);
    expect(ran).toEqual(["a"]);
  });

  it("is found by gateOutermost before anything is called", async () => {
    const { run } = await open();
    const retry = modelRetryMiddleware();
    const gate = gateMiddleware(run);
    expect(gateOutermost([gate, retry])).toEqual([gate, retry]);
    expect(() => gateOutermost([retry, gate])).toThrow(InvalidConfig);
    expect(() => gateOutermost([retry, gate])).toThrow(/modelRetryMiddleware stands before it/);
    expect(() => gateOutermost([retry])).toThrow(/gateMiddleware is missing/);
  });

  it("may see the calls as long as it makes each once", async () => {
    const { run, chat, provider } = await open(callsLookup);
    const { lookup, ran } = counted();
    const seen: string[] = [];
    const watcher = createMiddleware({
      name: "watcher",
      wrapModelCall: (request, handler) => {
        seen.push("model");
        return handler(request);
      },
    });
    await createAgent({ model: chat(), tools: [lookup], middleware: [watcher, gateMiddleware(run)] }).invoke(
      asked,
    );
    expect(seen).toEqual(["model", "model"]);
    expect([provider.count(), ran.length]).toEqual([2, 1]);
  });
});
