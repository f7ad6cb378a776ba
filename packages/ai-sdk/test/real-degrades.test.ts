import { receiptsOf, ruleFor } from "@tollgate/conformance/test-gate";
import type { Verdict } from "@tollgate/core";
import { generateText, streamText } from "ai";
import { describe, expect, it } from "vitest";
import { gateModel } from "../src/index.ts";
import { open } from "./fixture.ts";

const degrade = (patch: Extract<Verdict, { decision: "degrade" }>["patch"]) =>
  ruleFor("llm", { decision: "degrade", patch, reason: "thrift" });

describe("a degrade", () => {
  it("of settings changes those that go out, and leaves the rest as it was", async () => {
    const { openai, run, provider } = await open(
      undefined,
      degrade({ params: { temperature: 0, topP: null, reasoning: "low" }, maxOutputTokens: 99 }),
    );
    const settings = { temperature: 1, topP: 0.5, presencePenalty: 0.25 };
    await generateText({ model: gateModel(openai.chat("gpt-4o"), run), prompt: "hi", ...settings });
    const body = provider.requests[0]!.body;
    expect(body).toMatchObject({ temperature: 0, presence_penalty: 0.25, max_tokens: 99 });
    expect(body).not.toHaveProperty("top_p");
    expect(body.messages).toEqual([{ role: "user", content: "hi" }]);
  });

  it.each([
    ["the prompt", { prompt: [] }],
    ["the tools", { tools: [] }],
    ["a setting with nonsense", { temperature: "hot" }],
  ])("of %s goes nowhere, and its money goes back", async (_what, params) => {
    const { openai, run, gate, provider } = await open(undefined, degrade({ params }));
    const call = generateText({ model: gateModel(openai("gpt-4o"), run), prompt: "hi" });
    await expect(call).rejects.toThrow(/which cannot be applied to this call/);
    expect(provider.count()).toBe(0);
    expect(await gate.balances()).toMatchObject([{ spent: 0n, held: 0n }]);
  });

  it("to another model without a resolver is denied before anything is held", async () => {
    const { openai, run, gate, provider } = await open(undefined, degrade({ model: "gpt-4o-mini" }));
    const call = generateText({ model: gateModel(openai("gpt-4o"), run), prompt: "hi" });
    await expect(call).rejects.toThrow(/a degrade changes model, which this caller cannot apply/);
    expect(provider.count()).toBe(0);
    expect((await receiptsOf(gate)).filter((body) => body.type === "settlement")).toEqual([]);
  });

  it("to another model asks the resolver, and that model's price is what is booked", async () => {
    const { openai, run, gate, provider } = await open(undefined, degrade({ model: "gpt-4o-mini" }));
    const model = gateModel(openai("gpt-4o"), run, { models: (id) => openai.chat(id) });
    await generateText({ model, prompt: "hi" });
    await streamText({ model, prompt: "hi" }).consumeStream();
    expect(provider.requests.map(({ model, path }) => [model, path])).toEqual([
      ["gpt-4o-mini", "/chat/completions"],
      ["gpt-4o-mini", "/chat/completions"],
    ]);
    expect(await gate.balances()).toMatchObject([{ spent: 2n * (100n * 200n + 20n * 800n), held: 0n }]);
  });

  it("to a model that the resolver does not find goes nowhere", async () => {
    const { openai, run, provider } = await open(undefined, degrade({ model: "gpt-4o-mini" }));
    const model = gateModel(openai("gpt-4o"), run, { models: () => openai("gpt-4o") });
    await expect(generateText({ model, prompt: "hi" })).rejects.toThrow(
      'a degrade asks for model "gpt-4o-mini", but options.models answered "gpt-4o"',
    );
    expect(provider.count()).toBe(0);
  });
});

describe("a skipped model call", () => {
  const skip = (result?: string | { city: string }) =>
    ruleFor("llm", {
      decision: "skip",
      reason: "known already",
      ...(result === undefined ? {} : { result }),
    });

  it("answers the rule's result as the model's text, whole and streamed", async () => {
    const { openai, run, gate, provider } = await open(undefined, skip("forty-two"));
    const model = gateModel(openai("gpt-4o"), run);
    const { text, finishReason } = await generateText({ model, prompt: "hi" });
    expect([text, finishReason]).toEqual(["forty-two", "stop"]);
    expect(await streamText({ model, prompt: "hi" }).text).toBe("forty-two");
    expect(provider.count()).toBe(0);
    expect(await gate.balances()).toEqual([]);
  });

  it("answers an object as JSON, and without a result says why", async () => {
    const structured = await open(undefined, skip({ city: "Oslo" }));
    const answer = await generateText({
      model: gateModel(structured.openai("gpt-4o"), structured.run),
      prompt: "hi",
    });
    expect(JSON.parse(answer.text)).toEqual({ city: "Oslo" });
    const silent = await open(undefined, skip());
    const said = await generateText({ model: gateModel(silent.openai("gpt-4o"), silent.run), prompt: "hi" });
    expect(said.text).toBe("known already");
  });
});
