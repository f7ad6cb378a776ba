import { Mastra } from "@mastra/core";
import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { ActionDenied, findDenial } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateTool } from "../src/index.ts";
import { agentOf, decisionsOf, type Fixture, open, ruleFor } from "./fixture.ts";

const text = z.object({ text: z.string() });
const prompt = z.object({ prompt: z.string() });

/** A workflow whose one step is an agent. */
function asking(fixture: Fixture, retryConfig = { attempts: 0 }) {
  const agent = agentOf(fixture);
  const ask = createWorkflow({ id: "ask", inputSchema: prompt, outputSchema: text, retryConfig })
    .then(createStep(agent))
    .commit();
  new Mastra({ workflows: { ask }, storage: new InMemoryStore(), logger: false });
  return ask;
}

describe("a workflow's agent step", () => {
  it("is decided and booked as any other call of the agent", async () => {
    const fixture = await open();
    const run = await asking(fixture).createRun();
    const result = await run.start({ inputData: { prompt: "hi" } });
    expect(result).toMatchObject({ status: "success", result: { text: "ok" } });
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 360_000n, held: 0n }]);
  });

  it("that is refused fails, where Mastra would go on with an empty text", async () => {
    const fixture = await open(undefined, ruleFor("llm", { decision: "deny", reason: "not today" }));
    const run = await asking(fixture).createRun();
    const result = await run.start({ inputData: { prompt: "hi" } });
    expect(result.status).toBe("failed");
    expect(result.status === "failed" && result.error.message).toMatch(/not today/);
    const [step] = Object.values(result.steps).filter(({ status }) => status === "failed");
    expect(findDenial(step?.status === "failed" ? step.error : null)).toBeInstanceOf(ActionDenied);
    expect(fixture.provider.count()).toBe(0);
  });

  it("that is refused is decided anew by each attempt of the step, and asks no model", async () => {
    const fixture = await open(undefined, ruleFor("llm", { decision: "deny", reason: "not today" }));
    const run = await asking(fixture, { attempts: 2 }).createRun();
    await run.start({ inputData: { prompt: "hi" } });
    expect(await decisionsOf(fixture.gate)).toEqual(Array(3).fill("llm gpt-4o deny"));
    expect(fixture.provider.count()).toBe(0);
  });
});

describe("a workflow's tool step", () => {
  const mail = (fixture: Fixture) => {
    const sent: string[] = [];
    const tool = createTool({
      id: "send",
      description: "Sends mail.",
      inputSchema: z.object({ to: z.string() }),
      outputSchema: z.object({ sent: z.number() }),
      execute: async ({ to }) => ({ sent: sent.push(to) }),
    });
    const workflow = createWorkflow({
      id: "mail",
      inputSchema: z.object({ to: z.string() }),
      outputSchema: z.object({ sent: z.number() }),
    })
      .then(createStep(gateTool(tool, fixture.run)))
      .commit();
    new Mastra({ workflows: { workflow }, logger: false });
    return { sent, workflow };
  };

  it("is decided and booked", async () => {
    const fixture = await open(undefined, { prices: { tools: { send: "$0.01" } } });
    const { sent, workflow } = mail(fixture);
    const run = await workflow.createRun();
    expect(await run.start({ inputData: { to: "bob" } })).toMatchObject({
      status: "success",
      result: { sent: 1 },
    });
    expect(sent).toEqual(["bob"]);
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 10_000_000n, held: 0n }]);
  });

  it("does not run when it is denied: the step fails with the refusal", async () => {
    const fixture = await open(undefined, ruleFor("tool", { decision: "deny", reason: "no mail" }));
    const { sent, workflow } = mail(fixture);
    const run = await workflow.createRun();
    const result = await run.start({ inputData: { to: "bob" } });
    expect(sent).toEqual([]);
    expect(result).toMatchObject({ status: "failed", error: { message: expect.stringMatching(/no mail/) } });
  });
});

describe("a workflow's tool step that suspends itself", () => {
  it("is paid once, when it goes on", async () => {
    const fixture = await open(undefined, { budgets: [{ id: "asks", limit: "9 calls" }] });
    const ask = createTool({
      id: "ask",
      description: "Asks.",
      inputSchema: z.object({}),
      outputSchema: z.object({ said: z.string() }),
      suspendSchema: z.object({}),
      resumeSchema: z.object({ said: z.string() }),
      execute: async (_input, { workflow }) => {
        if (workflow?.resumeData === undefined) return await workflow?.suspend({});
        return workflow.resumeData;
      },
    });
    const step = createStep(gateTool(ask, fixture.run));
    const workflow = createWorkflow({
      id: "w",
      inputSchema: z.object({}),
      outputSchema: z.object({ said: z.string() }),
    })
      .then(step)
      .commit();
    new Mastra({ workflows: { workflow }, storage: new InMemoryStore(), logger: false });
    const run = await workflow.createRun();
    expect((await run.start({ inputData: {} })).status).toBe("suspended");
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 0n, held: 0n }]);
    const resumed = await run.resume({ step: "ask", resumeData: { said: "yes" } });
    expect(resumed).toMatchObject({ result: { said: "yes" } });
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 1n, held: 0n }]);
  });
});

describe("a workflow that is suspended and resumed", () => {
  it("pays for its agent's call once", async () => {
    const fixture = await open();
    const agent = agentOf(fixture);
    const wait = createStep({
      id: "wait",
      inputSchema: text,
      outputSchema: text,
      resumeSchema: z.object({ go: z.boolean() }),
      execute: async ({ inputData, resumeData, suspend }) => {
        if (resumeData === undefined) return await suspend({});
        return inputData;
      },
    });
    const workflow = createWorkflow({ id: "w", inputSchema: prompt, outputSchema: text })
      .then(createStep(agent))
      .then(wait)
      .commit();
    new Mastra({ workflows: { workflow }, storage: new InMemoryStore(), logger: false });
    const run = await workflow.createRun();
    expect((await run.start({ inputData: { prompt: "hi" } })).status).toBe("suspended");
    expect(await run.resume({ step: wait, resumeData: { go: true } })).toMatchObject({
      status: "success",
      result: { text: "ok" },
    });
    expect(fixture.provider.count()).toBe(1);
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow"]);
  });
});

describe("a workflow as a tool of an agent", () => {
  it("is decided as a tool", async () => {
    const calls = ({ index }: { index: number }) =>
      index === 0
        ? { toolCalls: [{ name: "workflow-ask", arguments: { inputData: { prompt: "x" } } }] }
        : { text: "done" };
    const fixture = await open(calls, ruleFor("tool", { decision: "deny", reason: "not now" }));
    const ask = asking(fixture);
    await agentOf(fixture, { workflows: { ask } } as never).generate("hi");
    expect(await decisionsOf(fixture.gate)).toEqual([
      "llm gpt-4o allow",
      "tool workflow-ask deny",
      "llm gpt-4o allow",
    ]);
  });
});
