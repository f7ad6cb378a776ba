import { RequestContext } from "@mastra/core/request-context";
import { createTool } from "@mastra/core/tools";
import type { Verdict } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateAgent, gateModel } from "../src/index.ts";
import { agentOf, errorOf, type Fixture, open, receiptsOf, register, sends } from "./fixture.ts";

/** Whose actions were decided, as they are in the receipts. */
async function actionsOf({ gate }: Fixture) {
  return (await receiptsOf(gate)).flatMap((body) => (body.type === "decision" ? [body.action] : []));
}

describe("a call of an agent that was given a run", () => {
  it("belongs to that run, as every other, and so do its tools and what they do", async () => {
    const fixture = await open(sends());
    const inner = gateModel(fixture.openai("gpt-4o"), fixture.gate);
    const send = createTool({
      id: "send",
      description: "",
      inputSchema: z.object({ to: z.string() }),
      execute: async () => {
        await inner.doGenerate({ prompt: [{ role: "user", content: [{ type: "text", text: "x" }] }] });
        return 1;
      },
    });
    const agent = agentOf(fixture, { tools: { send } });
    await agent.generate("hi", { runId: "other" });
    const actions = await actionsOf(fixture);
    expect(actions.map(({ kind }) => kind)).toEqual(["llm", "tool", "llm", "llm"]);
    expect(new Set(actions.map(({ run }) => run))).toEqual(new Set([fixture.run.id]));
  });

  it("goes on when another call of the same run at the same time is refused", async () => {
    const wicked = {
      name: "wicked",
      evaluate: ({ params }: { params: unknown }): Verdict =>
        JSON.stringify(params).includes("wicked")
          ? { decision: "deny", reason: "wicked" }
          : { decision: "allow" },
    };
    const fixture = await open(sends(), { evaluators: [wicked] });
    const refused = Promise.withResolvers<void>();
    const send = createTool({
      id: "send",
      description: "",
      inputSchema: z.object({ to: z.string() }),
      execute: async () => {
        await refused.promise;
        return 1;
      },
    });
    const agent = agentOf(fixture, { tools: { send } });
    const good = agent.generate("hi");
    await expect.poll(() => fixture.provider.count()).toBe(1);
    await errorOf(agent.generate("something wicked"));
    refused.resolve();
    expect((await good).text).toBe("done");
  });

  it("draws on the run's own budget once", async () => {
    const fixture = await open(undefined, {
      budgets: [
        { id: "run", limit: "9 calls", per: "run" },
        { id: "user", limit: "9 calls", by: ["user"] },
      ],
    });
    await agentOf(fixture).generate("hi");
    expect((await fixture.gate.balances()).map(({ spent }) => spent)).toEqual([1n, 1n]);
  });
});

describe("a call of an agent that was given the gate", () => {
  const settings = { id: "finance-bot", name: "f", instructions: "" };
  const make = ({ openai, gate }: Fixture) =>
    register(gateAgent({ ...settings, model: openai("gpt-4o") }, gate));

  it("is a run of its own, by the id that Mastra resumes it by, of the agent's name", async () => {
    const fixture = await open();
    const agent = make(fixture);
    const { runId } = await agent.generate("hi");
    await agent.generate("hi", { runId: "my run" });
    const actions = await actionsOf(fixture);
    expect(actions.map(({ run }) => run)).toEqual([runId, "my%20run"]);
    expect(actions[0]?.subject).toEqual({ agent: "finance-bot" });
  });

  it("is on behalf of whom the request context says, over the gate's default", async () => {
    const fixture = await open(undefined, { subject: { tenant: "acme", user: "nobody" } });
    const requestContext = new RequestContext();
    requestContext.set("tollgate", { user: "alice", id: "alices" });
    await make(fixture).generate("hi", { requestContext });
    expect((await actionsOf(fixture))[0]).toMatchObject({
      run: "alices",
      subject: { tenant: "acme", user: "alice", agent: "finance-bot" },
    });
  });

  it("is a child of the run that it is called in, and draws on its budgets", async () => {
    const fixture = await open(undefined, { budgets: [{ id: "run", limit: "9 calls", per: "run" }] });
    await fixture.gate.withRun(fixture.run, () => make(fixture).generate("hi"));
    expect((await actionsOf(fixture))[0]).toMatchObject({
      root: fixture.run.id,
      subject: { tenant: "acme", user: "alice", agent: "finance-bot" },
    });
    expect(await fixture.gate.balances()).toMatchObject([{ window: `run:${fixture.run.id}`, spent: 1n }]);
  });

  it("keeps apart from others at the same time, streams too", async () => {
    const fixture = await open(undefined, { budgets: [{ id: "each", limit: "9 calls", per: "run" }] });
    const agent = make(fixture);
    const calls = Array.from({ length: 6 }, async (_, index) => {
      const options = { runId: `run-${index}` };
      return index % 2 === 0
        ? (await agent.generate("hi", options)).text
        : await (await agent.stream("hi", options)).text;
    });
    await Promise.all(calls);
    const balances = await fixture.gate.balances();
    expect(balances.map(({ window, spent }) => [window, spent]).sort()).toEqual(
      Array.from({ length: 6 }, (_, index) => [`run:run-${index}`, 1n]),
    );
  });

  it("says for one model call on whose behalf it is", async () => {
    const fixture = await open();
    await make(fixture).generate("hi", { providerOptions: { tollgate: { user: "bob" } } as never });
    expect((await actionsOf(fixture))[0]?.subject).toMatchObject({ user: "bob" });
    expect(JSON.stringify(fixture.provider.requests[0]?.body)).not.toMatch(/tollgate/);
  });
});
