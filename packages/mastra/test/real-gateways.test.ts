import { Mastra } from "@mastra/core";
import { Agent } from "@mastra/core/agent";
import { ModelRouterLanguageModel } from "@mastra/core/llm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { gateGateway, gateModel } from "../src/index.ts";
import { agentOf, decisionsOf, type Fixture, open, ruleFor } from "./fixture.ts";
import { LocalGateway } from "./surfaces.ts";

const settings = { id: "a", name: "a", instructions: "" };
const local = ({ openai }: Fixture) => new LocalGateway((id) => openai(id));

afterEach(() => vi.unstubAllEnvs());

describe("gateGateway", () => {
  it("gates every model that is given by name", async () => {
    const fixture = await open();
    const agent = new Agent({ ...settings, model: "openai/gpt-4o" });
    const gateways = { local: gateGateway(fixture.run, { gateway: local(fixture) }) };
    new Mastra({ agents: { agent }, gateways, logger: false });
    expect((await agent.generate("hi")).text).toBe("ok");
    expect(await (await agent.stream("hi")).text).toBe("ok");
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 720_000n, held: 0n }]);
  });

  it("gates Mastra's own registry of providers where it is given no other", async () => {
    const fixture = await open();
    vi.stubEnv("OPENAI_API_KEY", "none");
    vi.stubEnv("OPENAI_BASE_URL", fixture.provider.url);
    const agent = new Agent({ ...settings, model: "openai/gpt-4o" });
    new Mastra({ agents: { agent }, gateways: { tollgate: gateGateway(fixture.run) }, logger: false });
    await agent.generate("hi");
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow"]);
    expect(fixture.provider.count()).toBe(1);
  });

  it("leaves the registry no web socket, which Mastra would open without asking it for a model", async () => {
    const fixture = await open(undefined, ruleFor("llm", { decision: "deny", reason: "not today" }));
    vi.stubEnv("OPENAI_API_KEY", "none");
    const agent = new Agent({ ...settings, model: "openai/gpt-4o" });
    new Mastra({ agents: { agent }, gateways: { tollgate: gateGateway(fixture.run) }, logger: false });
    const output = await agent.stream("hi", { providerOptions: { openai: { transport: "websocket" } } });
    await output.consumeStream();
    expect(output.error).toMatchObject({ code: "action_denied" });
  });

  it("swaps in the model that a degrade asks for", async () => {
    const verdict = { decision: "degrade", patch: { model: "gpt-4o-mini" }, reason: "thrift" } as const;
    const fixture = await open(undefined, ruleFor("llm", verdict, "gpt-4o"));
    const agent = new Agent({ ...settings, model: "openai/gpt-4o" });
    const gateways = {
      local: gateGateway(fixture.run, { gateway: local(fixture), models: (id) => fixture.openai(id) }),
    };
    new Mastra({ agents: { agent }, gateways, logger: false });
    await agent.generate("hi");
    expect(fixture.provider.requests.map(({ model }) => model)).toEqual(["gpt-4o-mini"]);
  });
});

describe("an agent made by gateAgent with a model given by name", () => {
  const at = (fixture: Fixture, model: NonNullable<Parameters<typeof agentOf>[1]>["model"]) => {
    const agent = agentOf(fixture, { model: model! });
    new Mastra({ agents: { agent }, gateways: { local: local(fixture) }, logger: false });
    return agent;
  };

  it.each([
    ["a name", "openai/gpt-4o"],
    ["an object", { id: "openai/gpt-4o" as const }],
    ["a list", [{ model: "openai/gpt-4o" }]],
    ["a function", () => "openai/gpt-4o"],
    ["a list with a function", [{ model: () => "openai/gpt-4o" }]],
  ])("is gated when it is %s", async (_what, model) => {
    const fixture = await open();
    expect((await at(fixture, model).generate("hi")).text).toBe("ok");
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow"]);
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 360_000n, held: 0n }]);
  });

  it("is gated when it comes with an address of its own, which no gateway is asked about", async () => {
    const fixture = await open();
    const { url } = fixture.provider;
    await at(fixture, { id: "openai/gpt-4o", url, apiKey: "none" }).generate("hi");
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow"]);
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 360_000n, held: 0n }]);
  });

  it("is gated when Mastra's editor puts another in its place", async () => {
    const fixture = await open();
    const agent = at(fixture, "openai/gpt-4o");
    agent.__updateModel({ model: "openai/gpt-4o-mini" });
    await agent.generate("hi");
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o-mini allow"]);
  });

  it("asks the gate for nothing when there is no key for it", async () => {
    const fixture = await open();
    vi.stubEnv("OPENAI_API_KEY", "");
    await expect(agentOf(fixture, { model: "openai/gpt-4o" }).generate("hi")).rejects.toThrow(/API key/);
    expect(await decisionsOf(fixture.gate)).toEqual([]);
  });
});

describe("gateModel", () => {
  it("gates a router of Mastra's as it gates the models that it finds", async () => {
    const fixture = await open();
    const { url } = fixture.provider;
    const router = new ModelRouterLanguageModel({ id: "openai/gpt-4o", url, apiKey: "none" });
    const agent = new Agent({ ...settings, model: gateModel(router, fixture.run) });
    new Mastra({ agents: { agent }, logger: false });
    await agent.generate("hi");
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 360_000n, held: 0n }]);
  });

  it("keeps what else a model is and has", async () => {
    const { openai, run } = await open();
    const model = openai("gpt-4o");
    const gated = gateModel(model, run);
    expect(gated).toBeInstanceOf(model.constructor);
    expect(gated).toMatchObject({
      provider: "openai.responses",
      modelId: "gpt-4o",
      specificationVersion: "v4",
    });
    expect(gateModel(gated as never, run)).toBe(gated);
  });

  it.each([["openai/gpt-4o"], [undefined], [{ specificationVersion: "v1", doGenerate() {}, doStream() {} }]])(
    "refuses what is no model that it can gate: %s",
    async (model) => {
      const { run } = await open();
      expect(() => gateModel(model as never, run)).toThrow(/specification v2, v3 or v4/);
    },
  );
});
