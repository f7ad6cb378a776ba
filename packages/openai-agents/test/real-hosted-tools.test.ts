import { Agent, codeInterpreterTool, hostedMcpTool, shellTool, webSearchTool } from "@openai/agents";
import type { GateOptions } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { gateModel, gateTools } from "../src/index.ts";
import { type FakeOutput, fakeModel } from "./fake-model.ts";
import { decisionsOf, isAllSettled, open, receiptsOf, refusalOf, ruleFor } from "./fixture.ts";

const docs = hostedMcpTool({
  serverLabel: "docs",
  serverUrl: "https://docs.example/mcp",
  authorization: "secret-token",
  headers: { "x-key": "secret-header" },
});
const hosted = [webSearchTool(), codeInterpreterTool(), docs];

/** The names of the tools that a provider was offered. */
const offered = (body: Readonly<Record<string, unknown>> | undefined): readonly unknown[] =>
  ((body?.tools ?? []) as { type: string; server_label?: string }[]).map(
    (tool) => tool.server_label ?? tool.type,
  );

async function opened(options: GateOptions = {}) {
  const fixture = await open(() => ({}), options);
  const agentOf = (modelSettings: Agent["modelSettings"] = {}) =>
    new Agent({ name: "a", model: "gpt-4o", modelSettings, tools: gateTools(hosted, fixture.run) });
  return { ...fixture, agentOf };
}

/** A model that the provider had use its tools. */
const used = (...names: readonly (readonly [name: string, label?: string])[]): FakeOutput =>
  names.map(([name, server_label]) => ({
    type: "hosted_tool_call" as const,
    name,
    status: "completed",
    providerData: { type: name, ...(server_label === undefined ? {} : { server_label }) },
  }));

describe("hosted tools", () => {
  it("are decided one by one, and offered where they are allowed", async () => {
    const { runner, gate, provider, agentOf } = await opened();
    await runner.run(agentOf(), "hi");
    expect(await decisionsOf(gate)).toEqual([
      "tool web_search allow",
      "tool code_interpreter allow",
      "tool hosted_mcp.docs allow",
      "llm gpt-4o allow",
    ]);
    expect(offered(provider.requests[0]?.body)).toEqual(["web_search", "code_interpreter", "docs"]);
    expect(await isAllSettled(gate)).toBe(true);
  });

  it("that are denied are not offered", async () => {
    const { runner, provider, agentOf } = await opened({
      evaluators: [denyTools(["web_search", "hosted_mcp.docs"])],
    });
    await runner.run(agentOf(), "hi");
    expect(offered(provider.requests[0]?.body)).toEqual(["code_interpreter"]);
  });

  it("that are denied refuse a request that insists on them, and give back what was held for the others", async () => {
    const { runner, gate, provider, agentOf } = await opened({
      evaluators: [denyTools(["code_interpreter"])],
      budgets: [{ id: "tools", limit: "9 calls", match: { kind: "tool" } }],
    });
    const refusal = await refusalOf(runner.run(agentOf({ toolChoice: "code_interpreter" }), "hi"));
    expect([refusal.refusal.reasonCode, provider.count()]).toEqual(["policy_denied", 0]);
    expect((await gate.balances())[0]).toMatchObject({ spent: 0n, held: 0n });
  });

  it("that are all denied refuse a request that must call one", async () => {
    const { run, runner, provider } = await open(() => ({}), { evaluators: [denyTools(["web_search"])] });
    const agent = new Agent({
      name: "a",
      model: "gpt-4o",
      modelSettings: { toolChoice: "required" },
      tools: gateTools([webSearchTool()], run),
    });
    expect((await refusalOf(runner.run(agent, "hi"))).refusal.action.name).toBe("web_search");
    expect(provider.count()).toBe(0);
  });

  it("that stop the run end it before the model is called", async () => {
    const { runner, run, provider, agentOf } = await opened(
      ruleFor("tool", { decision: "deny", terminal: true, reason: "tampering" }),
    );
    expect((await refusalOf(runner.run(agentOf(), "hi"))).terminal).toBe(true);
    expect([provider.count(), run.stopped]).toEqual([0, "tampering"]);
  });

  it("are booked as often as the provider ran them, and given back where it did not", async () => {
    const { run, gate, runner } = await open(() => ({}), {
      budgets: [{ id: "tools", limit: "9 calls", match: { kind: "tool" } }],
    });
    const answer = used(
      ["web_search_call"],
      ["web_search_call"],
      ["mcp_call", "docs"],
      ["mcp_call", "other"],
    );
    const model = gateModel(
      fakeModel((index) => (index === 0 ? [...answer, ...message] : "done")),
      run,
      { name: "gpt-4o" },
    );
    for (const stream of [false, true]) {
      const agent = new Agent({ name: "a", model, tools: gateTools(hosted, run) });
      const result = await runner.run(agent, "hi", { stream: stream as true });
      await result.completed;
      if (!stream) expect((await gate.balances())[0]).toMatchObject({ spent: 3n, held: 0n });
    }
    expect((await gate.balances())[0]).toMatchObject({ spent: 3n, held: 0n });
  });

  it("are booked where the answer broke off: each may have been run", async () => {
    const { runner, gate, provider, agentOf } = await opened({
      budgets: [{ id: "tools", limit: "9 calls", match: { kind: "tool" } }],
    });
    provider.play(() => ({ text: "one two three", ending: "cut" }));
    await expect(runner.run(agentOf(), "hi")).rejects.toThrow();
    expect((await gate.balances())[0]).toMatchObject({ spent: 3n, held: 0n });
  });

  it("leave no key on record", async () => {
    const { runner, gate, agentOf } = await opened({ params: "full" });
    await runner.run(agentOf(), "hi");
    const text = JSON.stringify(await receiptsOf(gate));
    expect(text).toMatch(/docs\.example/);
    expect(text).not.toMatch(/secret/);
  });
});

describe("gateTools", () => {
  it("says so of tools that run here and that it cannot gate", async () => {
    const { run } = await open();
    const shell = shellTool({ shell: { run: async () => ({ output: [] }) } });
    expect(() => gateTools([shell], run)).toThrow(/cannot gate the shell tool "shell"/);
    const contained = shellTool({ environment: { type: "container_auto" } });
    expect(gateTools([contained], run)).toEqual([contained]);
  });
});

const message: FakeOutput = [
  {
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "found" }],
  },
];
