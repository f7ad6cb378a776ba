import { Agent, type ModelSettings, OpenAIResponsesModel } from "@openai/agents";
import type { GateOptions, Patch } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { gateModel } from "../src/index.ts";
import { fakeModel } from "./fake-model.ts";
import { isAllSettled, open, refusalOf } from "./fixture.ts";
import { type Api, apis } from "./surfaces.ts";

const degrade = (patch: Patch): GateOptions => ({
  evaluators: [{ name: "rule", evaluate: () => ({ decision: "degrade", patch, reason: "thrift" }) }],
});

/** What arrives at the provider for one call with these settings. */
async function sent(api: Api, modelSettings: ModelSettings, gate: GateOptions = {}, model = "gpt-4o") {
  const { runner, provider } = await open(() => ({}), { unpriced: "allow", ...gate }, { api });
  await runner.run(new Agent({ name: "a", model, modelSettings }), "hi");
  return provider.requests[0]!.body;
}

describe.each(apis)("a request over %s", (api) => {
  const limit = api === "Responses" ? "max_output_tokens" : "max_tokens";

  it("goes out with its own output limit, or the gate's", async () => {
    expect((await sent(api, { maxTokens: 7 }))[limit]).toBe(7);
    expect((await sent(api, {}, { maxOutputTokens: 99 }))[limit]).toBe(99);
    expect(await sent(api, {}, { maxOutputTokens: "unbounded" })).not.toHaveProperty(limit);
  });

  it("goes out with the settings that a degrade changed, also where providerData would win over them", async () => {
    const settings = {
      temperature: 1,
      providerData: { temperature: 0.9, top_p: 0.1, metadata: { a: "b" } },
    };
    const patch = { maxOutputTokens: 5, params: { temperature: 0, topP: null } };
    const body = await sent(api, settings, degrade(patch));
    expect(body).toMatchObject({ temperature: 0, metadata: { a: "b" }, [limit]: 5 });
    expect(body).not.toHaveProperty("top_p");
  });

  it("goes out with no output limit above the one that is decided, wherever it is set", async () => {
    const providerData = { [limit]: 800 };
    expect((await sent(api, { providerData }, degrade({ maxOutputTokens: 50 })))[limit]).toBe(50);
    expect((await sent(api, { maxTokens: 900, providerData }))[limit]).toBe(800);
  });

  it("is reserved for as much output as it can ask for", async () => {
    const { runner, gate } = await open(
      () => ({}),
      { budgets: [{ id: "output", limit: "1000 output_tokens" }] },
      { api },
    );
    const modelSettings = { maxTokens: 10, providerData: { [limit]: 2000 } };
    const refusal = await refusalOf(
      runner.run(new Agent({ name: "a", model: "gpt-4o", modelSettings }), "hi"),
    );
    expect(refusal.refusal.reasonCode).toBe("budget_exceeded");
    expect(await isAllSettled(gate)).toBe(true);
  });

  it.each(["model", "tools", "n", "web_search_options"])(
    "is not sent where providerData sets its %s past the gate",
    async (member) => {
      const { runner, provider, gate } = await open(() => ({}), {}, { api });
      const modelSettings = { providerData: { [member]: "o1-pro" } };
      const asked = runner.run(new Agent({ name: "a", model: "gpt-4o", modelSettings }), "hi");
      await expect(asked).rejects.toThrow(`providerData sets ${member} past the gate`);
      expect(provider.count()).toBe(0);
      expect((await gate.balances())[0]).toMatchObject({ spent: 0n, held: 0n });
    },
  );

  it("is made once for each permit: the client's own retries are off", async () => {
    const { runner, provider } = await open(() => ({ status: 500 }), {}, { api });
    await expect(runner.run(new Agent({ name: "a", model: "gpt-4o" }), "hi")).rejects.toThrow(/500/);
    expect(provider.count()).toBe(1);
  });

  it("that is skipped is answered by the rule's result, in a stream as well", async () => {
    const evaluators: GateOptions["evaluators"] = [
      { name: "rule", evaluate: () => ({ decision: "skip", reason: "known", result: { city: "Bergen" } }) },
    ];
    const { runner, provider } = await open(() => ({}), { evaluators }, { api });
    const agent = new Agent({ name: "a", model: "gpt-4o" });
    expect((await runner.run(agent, "hi")).finalOutput).toBe('{"city":"Bergen"}');
    const streamed = await runner.run(agent, "hi", { stream: true });
    let text = "";
    for await (const part of streamed.toTextStream()) text += part;
    expect([text, streamed.finalOutput]).toEqual(['{"city":"Bergen"}', '{"city":"Bergen"}']);
    expect(provider.count()).toBe(0);
  });
});

describe("a request to one of OpenAI's reasoning models", () => {
  it("has its limit under the name that Chat Completions takes for them", async () => {
    const body = await sent("Chat Completions", {}, {}, "o3-mini");
    expect(body.max_completion_tokens).toBe(4096);
    expect(body).not.toHaveProperty("max_tokens");
  });

  it("keeps the limit that it was given there", async () => {
    const modelSettings = { providerData: { max_completion_tokens: 60 } };
    const body = await sent("Chat Completions", modelSettings, {}, "gpt-5-mini");
    expect(body.max_completion_tokens).toBe(60);
    expect(body).not.toHaveProperty("max_tokens");
  });
});

describe("a request to Chat Completions", () => {
  it("goes out with one output limit, under the name that it was given by", async () => {
    const modelSettings = { providerData: { max_completion_tokens: 60 } };
    const body = await sent("Chat Completions", modelSettings);
    expect(body.max_completion_tokens).toBe(60);
    expect(body).not.toHaveProperty("max_tokens");
  });
});

describe("a request with an extra body", () => {
  it("goes out with no more output than is decided", async () => {
    const modelSettings = { providerData: { extra_body: { max_output_tokens: 800 } } };
    const body = await sent("Responses", modelSettings, degrade({ maxOutputTokens: 50 }));
    expect(body.max_output_tokens).toBe(50);
  });

  it("is not sent where it sets the model past the gate", async () => {
    const modelSettings = { providerData: { extraBody: { model: "o1-pro" } } };
    await expect(sent("Responses", modelSettings)).rejects.toThrow(/sets model past the gate/);
  });
});

describe("a request with a prompt template", () => {
  const prompt = { promptId: "pmpt_1" };

  it("goes out with the model that is decided", async () => {
    const { runner, provider } = await open();
    await runner.run(new Agent({ name: "a", model: "gpt-4o", prompt }), "hi");
    expect(provider.requests[0]?.body).toMatchObject({ model: "gpt-4o", prompt: { id: "pmpt_1" } });
  });

  it("is not sent where the prompt would choose the model", async () => {
    const { runner, provider } = await open();
    await expect(runner.run(new Agent({ name: "a", prompt }), "hi")).rejects.toThrow(/choose the model past/);
    expect(provider.count()).toBe(0);
  });
});

describe("a degrade to another model", () => {
  it("is denied where nobody finds models", async () => {
    const { run, client, runner, provider } = await open(() => ({}), degrade({ model: "gpt-4o-mini" }));
    const model = gateModel(new OpenAIResponsesModel(client, "gpt-4o"), run);
    const refusal = await refusalOf(runner.run(new Agent({ name: "a", model }), "hi"));
    expect([refusal.refusal.reasonCode, provider.count()]).toEqual(["degrade_failed", 0]);
  });

  it("costs nothing where finding it fails", async () => {
    const { run, gate, runner } = await open(() => ({}), degrade({ model: "gpt-4o-mini" }));
    const models = () => Promise.reject(new Error("no such model"));
    const model = gateModel(
      fakeModel(() => "dear"),
      run,
      { name: "gpt-4o", models },
    );
    await expect(runner.run(new Agent({ name: "a", model }), "hi")).rejects.toThrow(/no such model/);
    expect((await gate.balances())[0]).toMatchObject({ spent: 0n, held: 0n });
  });

  it("is denied where the model that is found is gated itself", async () => {
    const { run, gate, runner } = await open(() => ({}), degrade({ model: "gpt-4o-mini" }));
    const other = fakeModel(() => "cheap");
    const model = gateModel(
      fakeModel(() => "dear"),
      run,
      {
        name: "gpt-4o",
        models: () => gateModel(other, run, { name: "gpt-4o-mini" }),
      },
    );
    const refusal = await refusalOf(runner.run(new Agent({ name: "a", model }), "hi"));
    expect(refusal.message).toMatch(/one that is gated itself/);
    expect(other.requests).toEqual([]);
    expect(await isAllSettled(gate)).toBe(true);
  });
});
