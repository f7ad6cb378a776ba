import { Agent } from "@mastra/core/agent";
import { ActionDenied } from "@tollgate/core";
import { denyModels } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { gateModel } from "../src/index.ts";
import { agentOf, decisionsOf, errorOf, type Fixture, open, register } from "./fixture.ts";

const list = ({ openai }: Fixture) => [
  { model: openai("gpt-4o"), maxRetries: 0 },
  { model: openai("gpt-4o-mini"), maxRetries: 0 },
];

describe("a list of fallback models", () => {
  it("goes on to the next model when a provider fails, each attempt decided on its own", async () => {
    const fixture = await open(({ model }) => (model === "gpt-4o" ? { status: 500 } : { text: "mini" }));
    const { text } = await agentOf(fixture, { model: list(fixture) }).generate("hi");
    expect(text).toBe("mini");
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow", "llm gpt-4o-mini allow"]);
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 100n * 200n + 20n * 800n, held: 0n }]);
  });

  it.each(["generate", "stream"] as const)("is not gone through when %s is refused", async (method) => {
    const fixture = await open(undefined, { evaluators: [denyModels(["gpt-4o"])] });
    const agent = agentOf(fixture, { model: list(fixture) });
    const error = method === "generate" ? await errorOf(agent.generate("hi")) : await streamError(agent);
    expect(error).toBeInstanceOf(ActionDenied);
    expect(fixture.provider.count()).toBe(0);
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o deny"]);
  });

  it("is not gone through when it is answered by a function", async () => {
    const fixture = await open(undefined, { evaluators: [denyModels(["gpt-4o"])] });
    const agent = agentOf(fixture, { model: async () => list(fixture) as never });
    expect(await errorOf(agent.generate("hi"))).toBeInstanceOf(ActionDenied);
    expect(fixture.provider.count()).toBe(0);
  });

  it("is not gone through when the run is stopped after the first model has failed", async () => {
    const fixture = await open();
    fixture.provider.play(() => {
      fixture.run.stop("enough").catch(() => undefined);
      return { status: 500 };
    });
    const error = await errorOf(agentOf(fixture, { model: list(fixture) }).generate("hi"));
    expect(error).toMatchObject({ terminal: true });
    expect(fixture.provider.count()).toBe(1);
  });

  it("of models gated one by one is gone through, but no stop of the run is", async () => {
    const fixture = await open(undefined, { evaluators: [denyModels(["gpt-4o"])] });
    const model = list(fixture).map((entry) => ({ ...entry, model: gateModel(entry.model, fixture.run) }));
    const agent = register(new Agent({ id: "a", name: "a", instructions: "", model }));
    expect((await agent.generate("hi")).text).toBe("ok");
    await fixture.run.stop("enough");
    expect(await errorOf(agent.generate("hi"))).toMatchObject({ terminal: true });
    expect(fixture.provider.count()).toBe(1);
  });
});

describe("a refused model call", () => {
  it("is not tried again by maxRetries", async () => {
    const fixture = await open(undefined, { evaluators: [denyModels(["gpt-4o"])] });
    await errorOf(agentOf(fixture, { maxRetries: 3 }).generate("hi", { modelSettings: { maxRetries: 3 } }));
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o deny"]);
  });

  it("is not tried again by an error processor that asks for it", async () => {
    const fixture = await open(undefined, { evaluators: [denyModels(["gpt-4o"])] });
    let asked = 0;
    const again = {
      id: "again",
      processAPIError: () => {
        asked += 1;
        return { retry: true };
      },
    };
    const agent = agentOf(fixture, { errorProcessors: [again], maxProcessorRetries: 2 });
    expect(await errorOf(agent.generate("hi"))).toBeInstanceOf(ActionDenied);
    expect(asked).toBeGreaterThan(0);
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o deny"]);
  });
});

async function streamError(agent: Agent): Promise<unknown> {
  const output = await agent.stream("hi");
  for await (const _chunk of output.fullStream);
  return output.error;
}
