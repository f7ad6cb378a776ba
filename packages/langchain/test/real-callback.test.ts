import { InMemoryCache } from "@langchain/core/caches";
import { BaseLanguageModel } from "@langchain/core/language_models/base";
import { OpenAI } from "@langchain/openai";
import { balanceOf, decisionsOf, endingsOf, ruleFor } from "@tollgate/conformance/test-gate";
import { ActionDenied, ApprovalRequired } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it, vi } from "vitest";
import { gateCallback, stopOnRefusal } from "../src/index.ts";
import { modelCalls, open } from "./fixture.ts";

// LangChain writes to the console whatever a handler throws, also when it is meant to.
vi.spyOn(console, "error").mockImplementation(() => undefined);

const words = "one two three four five six seven eight nine ten";

describe("a callback", () => {
  it("asks for approval with the id to grant, and lets the granted call through once", async () => {
    const { run, gate, chat, provider } = await open(
      undefined,
      ruleFor("llm", { decision: "require_approval", reason: "costly" }),
    );
    const model = chat({ callbacks: [gateCallback(run)] });
    const error = await model.invoke("hi").catch((e) => e);
    expect(error).toBeInstanceOf(ApprovalRequired);
    await gate.approvals.grant(error.approvalId, { by: "bob" });
    await model.invoke("hi");
    await expect(model.invoke("hi")).rejects.toBeInstanceOf(ApprovalRequired);
    expect(provider.count()).toBe(1);
  });

  it("says why it cannot apply a degrade", async () => {
    const { run, chat, provider } = await open(
      undefined,
      ruleFor("llm", { decision: "degrade", patch: { model: "gpt-4o-mini" }, reason: "thrift" }),
    );
    await expect(chat({ callbacks: [gateCallback(run)] }).invoke("hi")).rejects.toThrow(
      /a degrade changes model, which this caller cannot apply/,
    );
    expect(provider.count()).toBe(0);
  });

  it.each([
    [
      "the same handler twice",
      (run) => {
        const one = gateCallback(run);
        return [one, one];
      },
    ],
    ["two handlers", (run) => [gateCallback(run), gateCallback(run)]],
  ] as const satisfies readonly (readonly [
    string,
    (
      run: Awaited<ReturnType<typeof open>>["run"],
    ) => readonly [ReturnType<typeof gateCallback>, ReturnType<typeof gateCallback>],
  ])[])("books a call once that is registered with %s, in constructor and call", async (_name, pair) => {
    const { run, gate, chat, provider } = await open();
    const [inConstructor, inCall] = pair(run);
    await chat({ callbacks: [inConstructor] }).invoke("hi", { callbacks: [inCall] });
    expect(provider.count()).toBe(1);
    expect((await decisionsOf(gate)).length).toBeLessThanOrEqual(2);
    expect(await endingsOf(gate)).toEqual(["settled reported"]);
    expect(await balanceOf(gate)).toEqual({ spent: 360_000n, held: 0n });
  });

  it("refuses a call once that is registered twice", async () => {
    const { run, gate, chat } = await open(undefined, modelCalls(0));
    const model = chat({ callbacks: [gateCallback(run)] });
    await expect(model.invoke("hi", { callbacks: [gateCallback(run)] })).rejects.toThrow(/denied/);
    expect(await decisionsOf(gate)).toEqual(["llm gpt-4o deny"]);
  });

  it("gives back what the prompts of a generate hold when one of them is refused", async () => {
    const { run, gate, chat, provider } = await open(undefined, modelCalls(2));
    const model = chat({ callbacks: [gateCallback(run)] });
    await expect(
      model.generate([[["user", "a"]], [["user", "b"]], [["user", "c"]], [["user", "d"]]]),
    ).rejects.toThrow(/denied/);
    await expect.poll(() => endingsOf(gate)).toEqual(["released", "released"]);
    expect(await balanceOf(gate)).toEqual({ spent: 0n, held: 0n });
    expect(provider.count()).toBe(0);
  });

  it("books each prompt of a generate on its own", async () => {
    const { run, gate, chat } = await open();
    await chat({ callbacks: [gateCallback(run)] }).generate([[["user", "a"]], [["user", "b"]]]);
    expect(await endingsOf(gate)).toEqual(["settled reported", "settled reported"]);
  });

  it("gives the money back for an answer from the cache", async () => {
    const { run, gate, chat, provider } = await open();
    const model = chat({ callbacks: [gateCallback(run)], cache: new InMemoryCache() });
    await model.invoke("hi");
    await model.invoke("hi");
    expect(provider.count()).toBe(1);
    expect(await endingsOf(gate)).toEqual(["settled reported", "released"]);
  });

  it("books as estimated a stream whose usage the client was told not to ask for", async () => {
    const { run, gate, chat } = await open();
    const model = chat({ callbacks: [gateCallback(run)], streamUsage: false });
    for await (const _chunk of await model.stream("hi"));
    expect(await endingsOf(gate)).toEqual(["settled estimated"]);
  });

  it("books what a streaming invoke reports, not LangChain's estimate of it", async () => {
    // It counts with tokenizer data that it fetches from the network.
    vi.spyOn(BaseLanguageModel.prototype, "getNumTokens").mockResolvedValue(11);
    const { run, gate, chat } = await open(() => ({ usage: { inputTokens: 1000, outputTokens: 120 } }));
    await chat({ callbacks: [gateCallback(run)], streaming: true }).invoke("hi");
    expect(await balanceOf(gate)).toEqual({ spent: 1000n * 2000n + 120n * 8000n, held: 0n });
  });

  it("reserves the call's own output limit once for each completion", async () => {
    const { run, gate, chat, provider } = await open();
    let held = 0n;
    provider.play(() => {
      balanceOf(gate).then(
        (balance) => (held = balance.held),
        () => undefined,
      );
      return {};
    });
    await chat({ callbacks: [gateCallback(run)], maxTokens: 1000, n: 3 }).invoke("hi");
    expect(held).toBeGreaterThanOrEqual(3n * 1000n * 8000n);
    expect(held).toBeLessThan(4n * 1000n * 8000n);
  });

  it("books a stream that was left half-way once it has been silent for long enough", async () => {
    const { run, gate, chat } = await open(() => ({ text: words, paceMs: 1 }));
    const timers = manualClock();
    const callback = gateCallback(run, { silenceMs: 60_000, timers });
    for await (const chunk of await chat({ callbacks: [callback] }).stream("hi")) {
      if (chunk.text !== "") break;
    }
    expect((await balanceOf(gate)).held).toBeGreaterThan(0n);
    timers.advance(59_999);
    expect(await endingsOf(gate)).toEqual([]);
    timers.advance(1);
    await expect.poll(() => endingsOf(gate)).toEqual(["settled estimated"]);
    expect((await balanceOf(gate)).held).toBe(0n);
  });

  it("leaves a call without any sign of life to its reservation's end, and still books its late answer", async () => {
    const clock = manualClock();
    const { run, gate, chat, provider } = await open(undefined, { clock, reservationTtlMs: 1000 });
    const callback = gateCallback(run, { silenceMs: 5_000, timers: clock });
    let held: Promise<bigint> | null = null;
    provider.play(() => {
      clock.advance(10_000);
      held = balanceOf(gate).then((balance) => balance.held);
      return {};
    });
    await chat({ callbacks: [callback] }).invoke("hi");
    expect(await held).toBe(0n);
    expect((await balanceOf(gate)).spent).toBe(360_000n);
  });

  it("gates a plain text model too", async () => {
    const prices = { models: { "gpt-3.5-turbo-instruct": { input: "$2", output: "$8" } } };
    const { run, gate, provider } = await open(() => ({ json: { choices: [{ text: "ok" }] } }), {
      prices,
      budgets: [{ id: "calls", limit: "1 calls" }],
    });
    const model = new OpenAI({
      model: "gpt-3.5-turbo-instruct",
      apiKey: "none",
      maxRetries: 0,
      configuration: { baseURL: provider.url },
      callbacks: [gateCallback(run)],
    });
    await model.invoke("hi");
    await expect(model.invoke("hi")).rejects.toBeInstanceOf(ActionDenied);
    expect(provider.count()).toBe(1);
    expect(await endingsOf(gate)).toEqual(["settled estimated"]);
  });
});

describe("withRetry over a callback", () => {
  it("decides a refusal anew for every attempt, unless it is given stopOnRefusal", async () => {
    const { run, gate, chat, provider } = await open(undefined, modelCalls(0));
    const model = chat({ callbacks: [gateCallback(run)] });
    const patient = model.withRetry({ stopAfterAttempt: 3, onFailedAttempt: stopOnRefusal });
    await expect(patient.invoke("hi")).rejects.toBeInstanceOf(ActionDenied);
    expect(await decisionsOf(gate)).toHaveLength(1);
    expect(provider.count()).toBe(0);
  });

  it("goes on retrying whatever is no refusal", () => {
    expect(() => stopOnRefusal(new Error("busy"))).not.toThrow();
  });
});
