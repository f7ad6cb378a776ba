import { tool } from "@langchain/core/tools";
import { MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import type { IdentityBench, IdentityDriver } from "@tollgate/conformance/identity-driver";
import { identityConformance } from "@tollgate/conformance/identity-suite";
import { receiptsOf, testGate, testProvider } from "@tollgate/conformance/test-gate";
import { refusedCallers, testTokens } from "@tollgate/conformance/test-tokens";
import { findDenial, type RunInput } from "@tollgate/core";
import { createAgent } from "langchain";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { gateCallback, gateModel, gateTool } from "../src/index.ts";
import { gateMiddleware } from "../src/middleware.ts";

// LangChain writes to the console whatever a handler throws, also when it is meant to.
vi.spyOn(console, "error").mockImplementation(() => undefined);

type Agent = Pick<ReturnType<typeof createAgent>, "invoke" | "stream">;

const openai = ({ provider }: IdentityBench, model = "gpt-4o") =>
  new ChatOpenAI({ model, apiKey: "none", maxRetries: 0, configuration: { baseURL: provider.url } });

const toolsOf = (bench: IdentityBench) =>
  (["search", "pay"] as const).map((name) =>
    tool(({ text }) => bench.use(name, text), {
      name,
      description: name,
      schema: z.object({ text: z.string() }),
    }),
  );

/** Each caller in a run and a thread of their own, of one agent. */
function talkTo({ gate }: IdentityBench, agent: Agent, isStreamed = false) {
  return (who: RunInput) => {
    const run = gate.run(who);
    const config = { configurable: { thread_id: run.id } };
    return (content: string) =>
      gate.withRun(run, async () => {
        const asked = { messages: [{ role: "user", content }] };
        if (!isStreamed) return await agent.invoke(asked, config);
        for await (const _part of await agent.stream(asked, { ...config, streamMode: "messages" }));
        return undefined;
      });
  };
}

const byMiddleware = (bench: IdentityBench, model = "gpt-4o", tools = toolsOf(bench)): Agent =>
  createAgent({
    model: openai(bench, model),
    tools,
    middleware: [gateMiddleware(bench.gate)],
    checkpointer: new MemorySaver(),
  });

const byModel = (bench: IdentityBench): Agent =>
  createAgent({
    model: gateModel(openai(bench), bench.gate),
    tools: toolsOf(bench).map((each) => gateTool(each, bench.gate)),
    checkpointer: new MemorySaver(),
  });

const nested: IdentityDriver["nested"] = [
  {
    what: "an agent inside of a tool",
    delegate: (prompt) => ({ name: "inner", arguments: { prompt } }),
    open: (bench) => {
      const inner = createAgent({
        model: openai(bench, "gpt-4o-mini"),
        tools: toolsOf(bench),
        middleware: [gateMiddleware(bench.gate)],
      });
      const ask = tool(
        async ({ prompt }) => {
          const { messages } = await inner.invoke({ messages: [{ role: "user", content: prompt }] });
          return messages.at(-1)?.text ?? "";
        },
        { name: "inner", description: "Asks another.", schema: z.object({ prompt: z.string() }) },
      );
      return talkTo(bench, byMiddleware(bench, "gpt-4o", [ask as never]));
    },
  },
];

identityConformance({
  name: "@tollgate/langchain's middleware",
  open: (bench) => talkTo(bench, byMiddleware(bench)),
  nested,
});

identityConformance({
  name: "@tollgate/langchain's models and tools",
  open: (bench) => talkTo(bench, byModel(bench)),
  nested: [],
});

identityConformance({
  name: "@tollgate/langchain's middleware, streamed,",
  open: (bench) => talkTo(bench, byMiddleware(bench), true),
  nested: [],
});

describe("gateCallback keeps callers to their tokens", () => {
  /** One model for all callers, gated by its callback alone. */
  async function model() {
    const tokens = await testTokens();
    const gate = testGate({ clock: tokens.clock, identity: tokens.identity() });
    const provider = await testProvider();
    const chat = new ChatOpenAI({
      model: "gpt-4o",
      apiKey: "none",
      maxRetries: 0,
      configuration: { baseURL: provider.url },
      callbacks: [gateCallback(gate)],
    });
    const ask = (who: RunInput) => gate.withRun(gate.run(who), () => chat.invoke("hi"));
    return { tokens, gate, provider, ask };
  }

  it.each(refusedCallers)("refuses $what, with a receipt and no request", async ({ who, reason }) => {
    const { tokens, gate, provider, ask } = await model();
    const refused = findDenial(await ask(await who(tokens)).catch((error: unknown) => error));
    expect(refused?.refusal).toMatchObject({
      reasonCode: "identity_denied",
      reason: expect.stringMatching(reason),
    });
    const decided = (await receiptsOf(gate)).filter(({ type }) => type === "decision");
    expect(decided.map(({ id }) => id)).toEqual([refused?.refusal.receiptId]);
    expect(provider.count()).toBe(0);
  });

  it("lets callers at once through as whom their tokens say", async () => {
    const { tokens, gate, provider, ask } = await model();
    const names = ["alice", "bob", "carol"];
    await Promise.all(names.map(async (sub) => ask({ credential: await tokens.sign({ sub }) })));
    const agents = (await receiptsOf(gate)).flatMap((body) =>
      body.type === "decision" ? [body.action.subject?.agent] : [],
    );
    expect(agents.sort()).toEqual(names);
    expect(provider.count()).toBe(3);
  });
});
