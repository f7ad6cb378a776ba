import { createOpenAI } from "@ai-sdk/openai";
import type { Agent, ToolsInput } from "@mastra/core/agent";
import { RequestContext } from "@mastra/core/request-context";
import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import { Memory } from "@mastra/memory";
import type { IdentityBench, IdentityDriver } from "@tollgate/conformance/identity-driver";
import { identityConformance } from "@tollgate/conformance/identity-suite";
import { testTokens } from "@tollgate/conformance/test-tokens";
import { InvalidAction, type RunInput } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type GateAgentConfig, gateAgent } from "../src/index.ts";
import { errorOf, open, register } from "./fixture.ts";

type Config = Partial<GateAgentConfig<string, ToolsInput, undefined, unknown>>;

const toolsOf = (bench: IdentityBench): ToolsInput =>
  Object.fromEntries(
    (["search", "pay"] as const).map((name) => [
      name,
      createTool({
        id: name,
        description: name,
        inputSchema: z.object({ text: z.string() }),
        execute: async ({ text }) => ({ found: await bench.use(name, text) }),
      }),
    ]),
  );

/** An agent that was given the gate alone, so that it serves every caller. */
function agentOf(bench: IdentityBench, id: string, model: string, config: Config = {}): Agent {
  const openai = createOpenAI({ baseURL: bench.provider.url, apiKey: "none" });
  return gateAgent(
    { id, name: id, description: "Answers.", instructions: "Answer.", model: openai(model), ...config },
    bench.gate,
  );
}

const outerOf = (bench: IdentityBench, config: Config): Agent =>
  register(
    agentOf(bench, "outer", "gpt-4o", { memory: new Memory({ storage: new InMemoryStore() }), ...config }),
  );

/** Each caller in a run and a thread of their own, of one agent. */
const talkTo =
  ({ gate }: IdentityBench, agent: Agent, method: "generate" | "stream") =>
  (who: RunInput) => {
    const run = gate.run(who);
    const memory = { thread: run.id, resource: run.id };
    return (prompt: string) =>
      gate.withRun(run, async () => {
        if (method === "generate") return await agent.generate(prompt, { memory });
        const output = await agent.stream(prompt, { memory });
        for await (const _chunk of output.fullStream);
        if (output.error !== undefined) throw output.error;
        return await output.text;
      });
  };

const nested: IdentityDriver["nested"] = [
  {
    what: "a sub-agent",
    delegate: (prompt) => ({ name: "agent-inner", arguments: { prompt } }),
    open: (bench) => {
      const inner = agentOf(bench, "inner", "gpt-4o-mini", { tools: toolsOf(bench) });
      return talkTo(bench, outerOf(bench, { agents: { inner } }), "generate");
    },
  },
  {
    what: "an agent inside of a tool",
    delegate: (prompt) => ({ name: "inner", arguments: { prompt } }),
    open: (bench) => {
      const agent = register(agentOf(bench, "inner", "gpt-4o-mini", { tools: toolsOf(bench) }));
      const inner = createTool({
        id: "inner",
        description: "Asks another.",
        inputSchema: z.object({ prompt: z.string() }),
        execute: async ({ prompt }) => ({ said: (await agent.generate(prompt)).text }),
      });
      return talkTo(bench, outerOf(bench, { tools: { inner } }), "stream");
    },
  },
];

for (const method of ["generate", "stream"] as const) {
  identityConformance({
    name: `@tollgate/mastra's ${method}`,
    open: (bench) => talkTo(bench, outerOf(bench, { tools: toolsOf(bench) }), method),
    nested: method === "generate" ? nested : [],
  });
}

describe("a credential in the request context", () => {
  it("is refused, for Mastra writes it into storage, and is not quoted", async () => {
    const tokens = await testTokens();
    const { gate, openai, provider } = await open(undefined, {
      clock: tokens.clock,
      identity: tokens.identity(),
    });
    const credential = await tokens.sign();
    const requestContext = new RequestContext();
    requestContext.set("tollgate", { credential });
    const config = { id: "a", name: "a", instructions: "", model: openai("gpt-4o") };
    for (const gateOrRun of [gate, gate.run({ credential })]) {
      const agent = register(gateAgent(config, gateOrRun));
      const error = await errorOf(agent.generate("hi", { requestContext }));
      expect(error).toBeInstanceOf(InvalidAction);
      expect(String(error)).toMatch(/gate\.withRun/);
      expect(String(error)).not.toContain(credential);
    }
    expect(provider.count()).toBe(0);
  });
});
