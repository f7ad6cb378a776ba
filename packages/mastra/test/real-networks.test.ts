import type { Agent } from "@mastra/core/agent";
import { InMemoryStore } from "@mastra/core/storage";
import { Memory } from "@mastra/memory";
import { describe, expect, it } from "vitest";
import { gateAgent } from "../src/index.ts";
import { agentOf, decisionsOf, mailer, open, ruleFor, runsOf, toldIn } from "./fixture.ts";

const settings = { id: "researcher", name: "researcher", description: "Looks.", instructions: "Look." };

describe("a network", () => {
  const routes =
    (picked: object) =>
    ({ index, body }: { index: number; body: unknown }) => {
      if (index === 0) return { text: JSON.stringify(picked) };
      return JSON.stringify(body).includes("isComplete")
        ? { text: JSON.stringify({ isComplete: true, completionReason: "done", finalResult: "fin" }) }
        : { text: "found" };
    };
  const tool = {
    primitiveId: "send",
    primitiveType: "tool",
    prompt: '{"to":"bob"}',
    selectionReason: "mail",
  };
  const memory = () => new Memory({ storage: new InMemoryStore() });
  const options = { memory: { thread: "t", resource: "r" }, maxSteps: 2 };
  const run = async (agent: Agent) => {
    const output = await agent.network("hi", options);
    for await (const _chunk of output);
    return output;
  };

  it("routes, runs its tool and checks that it is done through the gate", async () => {
    const fixture = await open(routes(tool));
    const { sent, send } = mailer();
    await run(agentOf(fixture, { tools: { send }, memory: memory() }));
    expect(sent).toEqual(["bob"]);
    expect(await decisionsOf(fixture.gate)).toEqual([
      "llm gpt-4o allow",
      "tool send allow",
      "llm gpt-4o allow",
    ]);
    expect(fixture.provider.count()).toBe(2);
  });

  it("does not run a denied tool, though it runs tools past the hooks, and tells the router", async () => {
    const fixture = await open(routes(tool), ruleFor("tool", { decision: "deny", reason: "no mail" }));
    const { sent, send } = mailer();
    await run(agentOf(fixture, { tools: { send }, memory: memory() }));
    expect(sent).toEqual([]);
    expect(toldIn(fixture, 1)).toMatch(/no mail/);
  });

  it("does not run a denied tool of a client, either", async () => {
    const fixture = await open(routes(tool), ruleFor("tool", { decision: "deny", reason: "no mail" }));
    const { sent, send } = mailer();
    const defaultOptions = { clientTools: { send } } as never;
    await run(agentOf(fixture, { defaultOptions, memory: memory() }));
    expect(sent).toEqual([]);
    expect(await decisionsOf(fixture.gate)).toContain("tool send deny");
  });

  it("asks no model when it is denied, once, and its result says so", async () => {
    const fixture = await open(undefined, ruleFor("llm", { decision: "deny", reason: "not today" }));
    const output = await run(agentOf(fixture, { memory: memory() }));
    const result: unknown = await output.result;
    expect(fixture.provider.count()).toBe(0);
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o deny"]);
    expect(JSON.stringify(result)).toMatch(/not today/);
    expect(await output.status).toBe("failed");
  });

  it("asks its sub-agents in child runs", async () => {
    const picked = {
      primitiveId: "researcher",
      primitiveType: "agent",
      prompt: "look",
      selectionReason: "x",
    };
    const fixture = await open(routes(picked));
    const researcher = gateAgent({ ...settings, model: fixture.openai("gpt-4o") }, fixture.gate);
    await run(agentOf(fixture, { agents: { researcher }, memory: memory() }));
    const { id } = fixture.run;
    expect((await runsOf(fixture)).at(1)).toMatch(new RegExp(`^gpt-4o (?!${id}).* ${id}$`));
  });

  it("routes with the gated form of a model that a call brings along", async () => {
    const fixture = await open(routes(tool));
    const agent = agentOf(fixture, { tools: mailer(), memory: memory() } as never);
    const output = await agent.network("hi", { ...options, model: fixture.openai("gpt-4o-mini") as never });
    for await (const _chunk of output);
    expect((await decisionsOf(fixture.gate))[0]).toBe("llm gpt-4o-mini allow");
  });
});
