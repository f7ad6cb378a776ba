import { Agent, handoff, type ModelProvider, Runner } from "@openai/agents";
import { describe, expect, it } from "vitest";
import { gateModel, gateModelProvider } from "../src/index.ts";
import { decisionsOf, open, receiptsOf, refusalOf } from "./fixture.ts";
import { apis, openaiModel, openaiProvider } from "./surfaces.ts";

/** The first agent hands over to the second, which answers. */
const handsOver = ({ index }: { index: number }) =>
  index === 0 ? { toolCalls: [{ name: "transfer_to_second", arguments: {} }] } : { text: "done" };

describe.each(apis)("handoffs, over %s", (api) => {
  it("stay gated by the model provider, and in the same run", async () => {
    const { runner, gate, run } = await open(handsOver, {}, { api });
    const second = new Agent({ name: "second", model: "gpt-4o-mini" });
    const first = new Agent({ name: "first", model: "gpt-4o", handoffs: [handoff(second)] });
    const { lastAgent } = await runner.run(first, "hi");
    expect(lastAgent?.name).toBe("second");
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o allow", "llm gpt-4o-mini allow"]);
    for (const body of await receiptsOf(gate)) {
      if (body.type === "decision") expect(body.action.run).toBe(run.id);
    }
  });

  it("are refused when the money is gone, before the second agent's model is called", async () => {
    const budgets = [{ id: "turns", limit: "1 calls", per: "run" as const }];
    const { runner, provider } = await open(handsOver, { budgets }, { api });
    const second = new Agent({ name: "second", model: "gpt-4o-mini" });
    const first = new Agent({ name: "first", model: "gpt-4o", handoffs: [second] });
    expect((await refusalOf(runner.run(first, "hi"))).refusal.reasonCode).toBe("budget_exceeded");
    expect(provider.count()).toBe(1);
  });
});

describe.each(apis)("agent-level model instances, over %s", (api) => {
  it("pass by the model provider, and are gated by gateModel", async () => {
    const { gate, run, client, runner } = await open(handsOver, {}, { api });
    const own = openaiModel(api, client, "gpt-4o-mini");
    const second = new Agent({ name: "second", model: own });
    const first = new Agent({ name: "first", model: "gpt-4o", handoffs: [second] });
    await runner.run(first, "hi");
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o allow"]);
    second.model = gateModel(own, run, { name: "gpt-4o-mini" });
    await runner.run(second, "hi");
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o allow", "llm gpt-4o-mini allow"]);
  });

  it("are what a gated provider answers, for those who want one", async () => {
    const { gate, modelProvider } = await open(() => ({}), {}, { api });
    const agent = new Agent({ name: "a", model: await modelProvider.getModel("gpt-4o") });
    await new Runner().run(agent, "hi");
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o allow"]);
  });
});

describe("what is gated already", () => {
  it("is charged once: a gated model of a gated provider, a model and a provider gated twice", async () => {
    const { run, gate, client } = await open();
    const model = gateModel(openaiModel("Responses", client, "gpt-4o"), run);
    expect(gateModel(model, run)).toBe(model);
    const custom: ModelProvider = { getModel: () => model };
    const provider = gateModelProvider(gateModelProvider(custom, run), run);
    await new Runner({ modelProvider: provider }).run(new Agent({ name: "a", model: "gpt-4o" }), "hi");
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o allow"]);
  });

  it("stays with its own run in a provider that is gated by another", async () => {
    const { run, gate, client } = await open();
    const model = gateModel(openaiModel("Responses", client, "gpt-4o"), run);
    const modelProvider = gateModelProvider({ getModel: () => model }, gate);
    await new Runner({ modelProvider }).run(new Agent({ name: "a", model: "gpt-4o" }), "hi");
    const bodies = await receiptsOf(gate);
    const runs = bodies.flatMap((body) => (body.type === "decision" ? [body.action.run] : []));
    expect(runs).toEqual([run.id]);
  });

  it("is refused by another gate or run, which would decide and charge it a second time", async () => {
    const { run, gate, client, modelProvider } = await open();
    const model = gateModel(openaiModel("Responses", client, "gpt-4o"), run);
    expect(() => gateModel(model, gate)).toThrow(/the model is gated already/);
    expect(() => gateModelProvider(modelProvider, gate.run())).toThrow(/the model provider is gated already/);
  });
});

describe("gateModelProvider", () => {
  it("hands on what else its provider can do, private state included", async () => {
    const { run, client } = await open();
    const provider = gateModelProvider(openaiProvider("Responses", client), run);
    await provider.getModel("gpt-4o");
    await expect(provider.close()).resolves.toBeUndefined();
  });

  it("prices a model that nobody names as the SDK's default", async () => {
    const { gate, runner, provider } = await open(() => ({}), { unpriced: "allow" });
    await runner.run(new Agent({ name: "a" }), "hi");
    expect(await decisionsOf(gate)).toEqual([`llm ${provider.requests[0]?.model} allow`]);
    expect(provider.requests[0]?.model).not.toBe("gpt-4o");
  });
});

describe("gateModel", () => {
  it("says so when it cannot tell the name of a model", async () => {
    const { run, client } = await open();
    expect(() => gateModel(openaiModel("Chat Completions", client, "gpt-4o"), run)).toThrow(
      /cannot tell the name/,
    );
  });
});
