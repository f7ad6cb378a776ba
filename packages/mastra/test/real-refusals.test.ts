import { Agent } from "@mastra/core/agent";
import { MastraError } from "@mastra/core/error";
import { ActionDenied, findDenial, GateUnavailable } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateModel } from "../src/index.ts";
import { agentOf, decisionsOf, errorOf, mailer, open, register, ruleFor, sends } from "./fixture.ts";

const deny = ruleFor("llm", { decision: "deny", reason: "not today" });
const schema = z.object({ city: z.string() });

describe("a refused call of an agent", () => {
  it("rejects with the gate's own error", async () => {
    const fixture = await open(undefined, deny);
    const error = await errorOf(agentOf(fixture).generate("hi"));
    expect(error).toBeInstanceOf(ActionDenied);
    expect(error).toMatchObject({ message: 'llm "gpt-4o" denied: not today' });
  });

  it("rejects with the gate's own error when the gate could not decide", async () => {
    const broken = {
      name: "broken",
      evaluate: () => {
        throw new Error("out of order");
      },
    };
    const fixture = await open(undefined, { evaluators: [broken] });
    expect(await errorOf(agentOf(fixture).generate("hi"))).toBeInstanceOf(GateUnavailable);
  });

  it("is an error of its stream, whose text and object reject, which Mastra resolves", async () => {
    const fixture = await open(undefined, deny);
    const errors: unknown[] = [];
    const output = await agentOf(fixture).stream("hi", {
      structuredOutput: { schema },
      onError: ({ error }) => void errors.push(error),
    });
    for await (const chunk of output.fullStream) if (chunk.type === "error") errors.push(chunk.payload.error);
    expect(errors.map((error) => findDenial(error)?.code)).toEqual(["action_denied", "action_denied"]);
    expect(findDenial(output)).toBeInstanceOf(ActionDenied);
    expect(await errorOf(output.text)).toBeInstanceOf(ActionDenied);
    expect(await errorOf(output.object)).toBeInstanceOf(ActionDenied);
  });

  it("on a later turn rejects, too, and so does its stream's text, where Mastra answers what came before", async () => {
    const budgets = [{ id: "turns", limit: "1 calls", match: { kind: "llm" as const } }];
    for (const method of ["generate", "stream"] as const) {
      const fixture = await open(sends(5), { budgets });
      const agent = agentOf(fixture, { tools: { send: mailer().send } });
      const call = method === "generate" ? agent.generate("hi") : agent.stream("hi").then(({ text }) => text);
      expect(await errorOf(call)).toMatchObject({ refusal: { reasonCode: "budget_exceeded" } });
      expect(fixture.provider.count()).toBe(1);
    }
  });

  it("by a tool that stops the run ends the agent", async () => {
    const fixture = await open(
      sends(5),
      ruleFor("tool", { decision: "deny", terminal: true, reason: "tampering" }),
    );
    const { send } = mailer();
    expect(await errorOf(agentOf(fixture, { tools: { send } }).generate("hi"))).toMatchObject({
      terminal: true,
    });
    expect(await decisionsOf(fixture.gate)).toEqual([
      "llm gpt-4o allow",
      "tool send deny",
      "llm gpt-4o deny",
    ]);
  });

  it("leaves the text of a stream that was not refused as it is", async () => {
    const fixture = await open(sends(1), { evaluators: [denyTools(["send"])] });
    const output = await agentOf(fixture, { tools: { send: mailer().send } }).stream("hi");
    expect(await output.text).toBe("done");
    expect(output).toBeInstanceOf(Object);
    expect((await output.getFullOutput()).text).toBe("done");
  });
});

describe("findDenial", () => {
  it("finds the refusal in what Mastra's streams make of one, without gateAgent", async () => {
    const fixture = await open(undefined, deny);
    const model = gateModel(fixture.openai("gpt-4o"), fixture.run);
    const agent = register(new Agent({ id: "a", name: "a", instructions: "", model }));
    const output = await agent.stream("hi");
    await output.consumeStream();
    expect(findDenial(output)).toBeInstanceOf(ActionDenied);
  });

  it("finds the refusal in the MastraError of a step that Mastra itself has wrapped", async () => {
    const fixture = await open(undefined, deny);
    const refused = await errorOf(agentOf(fixture).generate("hi"));
    const wrapped = new MastraError(
      { id: "X", domain: "AGENT", category: "USER" } as never,
      refused as Error,
    );
    expect(findDenial(wrapped)).toBe(refused);
  });

  it("cannot find one that Mastra has turned into words: that of a model which a processor has called", async () => {
    const fixture = await open(undefined, deny);
    const model = gateModel(fixture.openai("gpt-4o"), fixture.run);
    const judge = register(new Agent({ id: "j", name: "j", instructions: "", model }));
    const asks = { id: "asks", processInput: async () => (await judge.generate("ok?")) as never };
    const error = await errorOf(agentOf(fixture, { inputProcessors: [asks] }).generate("hi"));
    expect(findDenial(error)).toBeNull();
    expect(String((error as Error).cause)).toMatch(/Input processor error/);
    expect(fixture.provider.count()).toBe(0);
  });
});

describe("an aborted call", () => {
  it("asks the gate for nothing when it was aborted before it began", async () => {
    const fixture = await open();
    await agentOf(fixture)
      .generate("hi", { abortSignal: AbortSignal.abort() })
      .catch(() => undefined);
    expect(await decisionsOf(fixture.gate)).toEqual([]);
    expect(fixture.provider.count()).toBe(0);
  });

  it("is booked as estimated, and its tools are not run", async () => {
    const abort = new AbortController();
    const fixture = await open(() => {
      abort.abort();
      return { ending: "silent" };
    });
    const { send, sent } = mailer();
    const call = agentOf(fixture, { tools: { send } }).generate("hi", { abortSignal: abort.signal });
    await call.catch(() => undefined);
    await expect.poll(async () => (await fixture.gate.balances())[0]).toMatchObject({ held: 0n });
    expect((await fixture.gate.balances())[0]?.spent).toBeGreaterThan(0n);
    expect(sent).toEqual([]);
  });
});
