import { Agent } from "@mastra/core/agent";
import { findDenial, type Run } from "@tollgate/core";
import { denyModels } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { type GateModelOptions, gateModel, gateProcessor } from "../src/index.ts";
import { decisionsOf, errorOf, type Fixture, open, register, ruleFor } from "./fixture.ts";

/** An agent of which only the processor is the gate's. */
function processed({ openai, run }: Fixture, config: object = {}, options: GateModelOptions = {}): Agent {
  const processor = gateProcessor(run, options);
  return register(
    new Agent({
      id: "a",
      name: "a",
      instructions: "",
      model: openai("gpt-4o") as never,
      inputProcessors: [processor],
      errorProcessors: [processor],
      ...config,
    }),
  );
}

type Method = "generate" | "stream";

async function call(agent: Agent, method: Method) {
  return method === "generate" ? await agent.generate("hi") : await agent.stream("hi");
}

describe("gateProcessor", () => {
  it.each(["generate", "stream"] as const)(
    "gates the model of each step of %s, whatever it is",
    async (method) => {
      const fixture = await open();
      const agent = processed(fixture);
      expect(await (await call(agent, method)).text).toBe("ok");
      expect(await fixture.gate.balances()).toMatchObject([{ spent: 360_000n, held: 0n }]);
    },
  );

  it("leaves a model alone that the same gate has gated", async () => {
    const fixture = await open();
    await processed(fixture, { model: gateModel(fixture.openai("gpt-4o"), fixture.run) }).generate("hi");
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow"]);
  });

  it("leaves such a model alone when it only finds out later which URLs it reads by itself", async () => {
    const fixture = await open();
    const supportedUrls = Promise.resolve({});
    const slow = Object.assign(Object.create(fixture.openai("gpt-4o")), { supportedUrls });
    await processed(fixture, { model: gateModel(slow, fixture.run) }).generate("hi");
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o allow"]);
  });

  it("gates the model that a processor before it has chosen", async () => {
    const fixture = await open();
    const chooses = { id: "c", processInputStep: () => ({ model: fixture.openai("gpt-4o-mini") }) };
    const processor = gateProcessor(fixture.run);
    await processed(fixture, { inputProcessors: [chooses, processor] }).generate("hi");
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o-mini allow"]);
  });

  it("swaps in the model that a degrade asks for", async () => {
    const verdict = { decision: "degrade", patch: { model: "gpt-4o-mini" }, reason: "thrift" } as const;
    const fixture = await open(undefined, ruleFor("llm", verdict, "gpt-4o"));
    await processed(fixture, {}, { models: (id) => fixture.openai(id) }).generate("hi");
    expect(fixture.provider.requests.map(({ model }) => model)).toEqual(["gpt-4o-mini"]);
    expect(await fixture.gate.balances()).toMatchObject([{ spent: 36_000n, held: 0n }]);
  });

  it("answers a skipped call with the rule's result", async () => {
    const fixture = await open(
      undefined,
      ruleFor("llm", { decision: "skip", reason: "known", result: "canned" }),
    );
    for (const method of ["generate", "stream"] as const) {
      expect(await (await call(processed(fixture), method)).text).toBe("canned");
    }
    expect(fixture.provider.count()).toBe(0);
  });

  it("rejects a refused call with the gate's own error", async () => {
    const fixture = await open(undefined, { evaluators: [denyModels(["gpt-4o"])] });
    expect(await errorOf(processed(fixture).generate("hi"))).toMatchObject({ code: "action_denied" });
    expect(fixture.provider.count()).toBe(0);
  });
});

describe("a tripwire of gateProcessor", () => {
  it.each(["generate", "stream"] as const)(
    "ends %s of a stopped run, tells why, and has a receipt",
    async (method) => {
      const fixture = await open();
      await fixture.run.stop("enough");
      const output = await call(processed(fixture), method);
      expect(await output.text).toBe("");
      expect(output.tripwire).toMatchObject({
        processorId: "tollgate",
        reason: 'llm "gpt-4o" denied: the run is stopped: enough',
        metadata: { tollgate: "denied", code: "run_stopped", terminal: true, receipt: expect.any(String) },
      });
      expect(findDenial(output)).toMatchObject({ code: "action_denied", terminal: true });
      expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o deny"]);
      expect(fixture.provider.count()).toBe(0);
    },
  );

  it("is a tripwire chunk of a stream, whose metadata is plain JSON", async () => {
    const fixture = await open();
    await fixture.run.stop("enough");
    const { fullStream } = await processed(fixture).stream("hi");
    const chunks = [];
    for await (const chunk of fullStream) if (chunk.type === "tripwire") chunks.push(chunk.payload.metadata);
    expect(JSON.parse(JSON.stringify(chunks))).toEqual([
      {
        tollgate: "denied",
        code: "run_stopped",
        reason: "the run is stopped: enough",
        terminal: true,
        receipt: expect.any(String),
      },
    ]);
  });

  it("keeps a refusal from the next model of a list", async () => {
    const fixture = await open(undefined, { evaluators: [denyModels(["gpt-4o"])] });
    const model = ["gpt-4o", "gpt-4o-mini"].map((id) => ({ model: fixture.openai(id), maxRetries: 0 }));
    const result = await processed(fixture, { model }).generate("hi");
    expect(findDenial(result)).toMatchObject({ refusal: { reasonCode: "policy_denied" } });
    expect(fixture.provider.count()).toBe(0);
  });

  it("keeps a refusal from an error processor that would try again", async () => {
    const fixture = await open(undefined, { evaluators: [denyModels(["gpt-4o"])] });
    const again = { id: "again", processAPIError: () => ({ retry: true }) };
    const processor = gateProcessor(fixture.run);
    const config = {
      inputProcessors: [processor],
      errorProcessors: [processor, again],
      maxProcessorRetries: 3,
    };
    const result = await processed(fixture, config).generate("hi");
    expect(findDenial(result)?.code).toBe("action_denied");
    expect(await decisionsOf(fixture.gate)).toEqual(["llm gpt-4o deny"]);
  });
});

describe("the run of gateProcessor", () => {
  it("is the one of the moment where it is given the gate alone", async () => {
    const fixture = await open();
    const other = fixture.gate.run({ id: "other", user: "bob" });
    const agent = processed({ ...fixture, run: fixture.gate as unknown as Run });
    await fixture.gate.withRun(other, () => agent.generate("hi"));
    expect(await fixture.gate.balances()).toHaveLength(1);
    await other.stop("enough");
    expect((await fixture.gate.withRun(other, () => agent.generate("hi"))).tripwire).toBeDefined();
    expect((await agent.generate("hi")).text).toBe("ok");
  });
});
