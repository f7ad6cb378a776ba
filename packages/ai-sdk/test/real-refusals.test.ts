import { ruleFor } from "@tollgate/conformance/test-gate";
import { ActionDenied, ApprovalRequired, findDenial } from "@tollgate/core";
import { generateText, isStepCount, RetryError, streamText, tool } from "ai";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateModel, gateTools, toErrorMessage } from "../src/index.ts";
import { open } from "./fixture.ts";

const oneTurn = { budgets: [{ id: "turns", limit: "1 calls", match: { kind: "llm" } }] } as const;
const noTurn = { budgets: [{ id: "turns", limit: "0 calls", match: { kind: "llm" } }] } as const;
const callsTool = ({ index }: { index: number }) =>
  index === 0 ? { toolCalls: [{ name: "add", arguments: { a: 1 } }] } : { text: "done" };
const add = tool({ inputSchema: z.object({ a: z.number() }), execute: ({ a }) => a + 1 });

describe("a refusal in generateText", () => {
  it("is the gate's own error, and says which budget and how much", async () => {
    const { run, openai, provider } = await open(undefined, noTurn);
    const error = await generateText({ model: gateModel(openai("gpt-4o"), run), prompt: "hi" }).catch(
      (e) => e,
    );
    expect(error).toBeInstanceOf(ActionDenied);
    expect(error.message).toBe(
      'llm "gpt-4o" denied: budget "turns" has 0 calls left of 0 calls; this call can come to 1 call',
    );
    expect(provider.count()).toBe(0);
  });

  it("can be found in the RetryError that the AI SDK makes of it after another error", async () => {
    const { run, gate, openai, provider } = await open();
    provider.play(() => {
      gate.stop(run, "enough").catch(() => undefined);
      return { status: 500 };
    });
    const error = await generateText({ model: gateModel(openai("gpt-4o"), run), prompt: "hi" }).catch(
      (e) => e,
    );
    expect(error).toBeInstanceOf(RetryError);
    expect(findDenial(error)).toBeInstanceOf(ActionDenied);
    expect(findDenial(error)?.terminal).toBe(true);
    expect(provider.count()).toBe(1);
  });

  it("asks for approval with the id to grant, and goes through once it is granted", async () => {
    const verdict = { decision: "require_approval", reason: "costly", approver: "finance" } as const;
    const { run, gate, openai, provider } = await open(undefined, ruleFor("llm", verdict));
    const ask = () => generateText({ model: gateModel(openai("gpt-4o"), run), prompt: "hi" });
    const error = await ask().catch((e) => e);
    expect(error).toBeInstanceOf(ApprovalRequired);
    await gate.approvals.grant(error.approvalId, { by: "bob" });
    expect((await ask()).text).toBe("ok");
    expect(provider.count()).toBe(1);
  });
});

describe("a refusal in streamText", () => {
  it("on the first turn is told to onError and rejects nothing else with it", async () => {
    const { run, openai, provider } = await open(undefined, noTurn);
    const errors: unknown[] = [];
    const result = streamText({
      model: gateModel(openai("gpt-4o"), run),
      prompt: "hi",
      onError: ({ error }) => void errors.push(error),
    });
    const chunks: string[] = [];
    for await (const chunk of result.textStream) chunks.push(chunk);
    expect(chunks).toEqual([]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(ActionDenied);
    expect(provider.count()).toBe(0);
  });

  it("on a later turn is silent but for onError: the text of the first turn resolves as if all were well", async () => {
    const { run, openai, provider } = await open(callsTool, oneTurn);
    const errors: unknown[] = [];
    const result = streamText({
      model: gateModel(openai("gpt-4o"), run),
      tools: gateTools({ add }, run),
      stopWhen: isStepCount(5),
      prompt: "hi",
      onError: ({ error }) => void errors.push(error),
    });
    await result.text;
    expect(await result.finishReason).toBe("other");
    expect(errors).toHaveLength(1);
    expect(findDenial(errors[0])?.refusal.reasonCode).toBe("budget_exceeded");
    expect(provider.count()).toBe(1);
  });

  it("that stops the run can be seen at the run without any onError", async () => {
    const stop = { decision: "deny", terminal: true, reason: "tampering" } as const;
    const { run, openai, provider } = await open(callsTool, ruleFor("tool", stop));
    const result = streamText({
      model: gateModel(openai("gpt-4o"), run),
      tools: gateTools({ add }, run),
      stopWhen: isStepCount(5),
      prompt: "hi",
      onError() {},
    });
    await result.consumeStream();
    expect(run.stopped).toBe("tampering");
    expect(provider.count()).toBe(1);
  });

  it("reaches a UI stream in words through toErrorMessage, and as a mask without", async () => {
    const { run, openai } = await open(undefined, noTurn);
    const texts = async (options: { onError?: (error: unknown) => string }) => {
      const result = streamText({ model: gateModel(openai("gpt-4o"), run), prompt: "hi", onError() {} });
      const found: string[] = [];
      for await (const part of result.toUIMessageStream(options)) {
        if (part.type === "error") found.push(part.errorText);
      }
      return found;
    };
    expect(await texts({ onError: toErrorMessage })).toEqual([
      expect.stringContaining('budget "turns" has 0 calls left'),
    ]);
    expect(await texts({})).toEqual(["An error occurred."]);
  });
});

describe("toErrorMessage", () => {
  it("does not tell users of errors that are not the gate's", () => {
    expect(toErrorMessage(new Error("password is hunter2"))).toBe("An error occurred.");
  });
});
