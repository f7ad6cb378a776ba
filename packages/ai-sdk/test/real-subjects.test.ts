import { InvalidAction } from "@tollgate/core";
import { embed, generateText, isStepCount, streamText, tool } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateEmbeddingModel, gateModel, gateTools } from "../src/index.ts";
import { open } from "./fixture.ts";

const perUser = {
  budgets: [{ id: "mine", limit: "1 calls", by: ["user"], match: { kind: "llm" } }],
} as const;

describe("who a call is for", () => {
  it("can be said for the call alone, which is booked there and not sent on", async () => {
    const { gate, openai, provider } = await open(undefined, perUser);
    const model = gateModel(openai("gpt-4o"), gate);
    const providerOptions = { tollgate: { user: "bob" }, openai: { user: "seen by openai" } };
    await generateText({ model, prompt: "hi", providerOptions });
    expect(await gate.balances({ budget: "mine" })).toMatchObject([{ partition: "user=bob", spent: 1n }]);
    expect(JSON.stringify(provider.requests[0]?.body)).not.toMatch(/tollgate|bob/);
    expect(provider.requests[0]?.body.user).toBe("seen by openai");
  });

  it("is taken out before any provider sees it", async () => {
    const { gate } = await open();
    const seen: unknown[] = [];
    const watching = new MockLanguageModelV4({
      provider: "openai.chat",
      modelId: "gpt-4o",
      doGenerate: async ({ providerOptions }) => {
        seen.push(providerOptions);
        throw new Error("seen");
      },
    });
    const providerOptions = { tollgate: { user: "bob" }, openai: { user: "x" } };
    const call = generateText({ model: gateModel(watching, gate), prompt: "hi", providerOptions });
    await expect(call).rejects.toThrow("seen");
    expect(seen).toEqual([{ openai: { user: "x" } }]);
  });

  it("can be said for a stream and an embedding just so", async () => {
    const { gate, openai } = await open();
    const providerOptions = { tollgate: { user: "bob" } };
    await streamText({
      model: gateModel(openai("gpt-4o"), gate),
      prompt: "hi",
      providerOptions,
    }).consumeStream();
    const embedding = gateEmbeddingModel(openai.embedding("text-embedding-3-small"), gate);
    await embed({ model: embedding, value: "a", providerOptions });
    const subjects: unknown[] = [];
    for await (const { body } of gate.receipts())
      if (body.type === "decision") subjects.push(body.action.subject);
    expect(subjects).toEqual([{ user: "bob" }, { user: "bob" }]);
  });

  it.each([{ user: "" }, { usr: "bob" }, { user: 7 }])(
    "is refused when it makes no sense: %j",
    async (tollgate) => {
      const { gate, openai, provider } = await open();
      const call = generateText({
        model: gateModel(openai("gpt-4o"), gate),
        prompt: "hi",
        providerOptions: { tollgate },
      });
      await expect(call).rejects.toBeInstanceOf(InvalidAction);
      expect(provider.count()).toBe(0);
    },
  );

  it("comes from withRun, for the model and for the models inside its tools", async () => {
    const { gate, openai } = await open(({ index }) =>
      index === 0 ? { toolCalls: [{ name: "ask", arguments: { a: 1 } }] } : {},
    );
    const model = gateModel(openai("gpt-4o"), gate);
    const ask = tool({
      inputSchema: z.object({ a: z.number() }),
      execute: async () => (await generateText({ model, prompt: "inner" })).text,
    });
    const run = gate.run({ user: "carol" });
    await gate.withRun(run, () =>
      generateText({ model, tools: gateTools({ ask }, gate), stopWhen: isStepCount(3), prompt: "hi" }),
    );
    const runs = new Set<unknown>();
    for await (const { body } of gate.receipts()) if (body.type === "decision") runs.add(body.action.run);
    expect(runs).toEqual(new Set([run.id]));
  });

  it("is the run's own in a tool that is given its run, also for a model that is given the gate", async () => {
    const { gate, run, openai } = await open(({ index }) =>
      index === 0 ? { toolCalls: [{ name: "ask", arguments: { a: 1 } }] } : {},
    );
    const ask = tool({
      inputSchema: z.object({ a: z.number() }),
      async *execute() {
        yield "asking";
        yield (await generateText({ model: gateModel(openai("gpt-4o"), gate), prompt: "inner" })).text;
      },
    });
    const tools = gateTools({ ask }, run);
    await generateText({
      model: gateModel(openai("gpt-4o"), run),
      tools,
      stopWhen: isStepCount(3),
      prompt: "hi",
    });
    const runs = new Set<unknown>();
    for await (const { body } of gate.receipts()) if (body.type === "decision") runs.add(body.action.run);
    expect(runs).toEqual(new Set([run.id]));
  });
});
