import { tool } from "@langchain/core/tools";
import { MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import type { IdentityBench, IdentityDriver } from "@tollgate/conformance/identity-driver";
import { identityConformance } from "@tollgate/conformance/identity-suite";
import type { RunInput } from "@tollgate/core";
import { createAgent } from "langchain";
import * as z from "zod";
import { gateModel, gateTool } from "../src/index.ts";
import { gateMiddleware } from "../src/middleware.ts";

type Agent = Pick<ReturnType<typeof createAgent>, "invoke">;

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
function talkTo({ gate }: IdentityBench, agent: Agent) {
  return (who: RunInput) => {
    const run = gate.run(who);
    const config = { configurable: { thread_id: run.id } };
    return (content: string) =>
      gate.withRun(run, () => agent.invoke({ messages: [{ role: "user", content }] }, config));
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
