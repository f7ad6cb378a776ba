import { balanceOf, decisionsOf, endingsOf } from "@tollgate/conformance/test-gate";
import { ActionDenied, findDenial } from "@tollgate/core";
import { describe, expect, it, vi } from "vitest";
import { gateCallback, gateModel } from "../src/index.ts";
import { modelCalls, open } from "./fixture.ts";
import { ways } from "./ways.ts";

vi.spyOn(console, "error").mockImplementation(() => undefined);

const script = () => ({ text: '{"city":"Oslo"}' });

describe.each(ways)("$title", ({ perform, callback, requests }) => {
  it("is stopped before any request by gateModel, and its caller finds the refusal", async () => {
    const { run, chat, provider } = await open(script, modelCalls(0));
    const error = await perform(gateModel(chat(), run)).catch((e) => e);
    expect(findDenial(error)).toBeInstanceOf(ActionDenied);
    expect(provider.count()).toBe(0);
  });

  it("is booked by gateModel as its provider reports it", async () => {
    const { run, gate, chat, provider } = await open(script);
    await perform(gateModel(chat(), run));
    expect(provider.count()).toBe(requests);
    expect(await endingsOf(gate)).toEqual(Array.from({ length: requests }, () => "settled reported"));
    expect(await balanceOf(gate)).toEqual({ spent: BigInt(requests) * 360_000n, held: 0n });
  });

  if (callback === "enforces") {
    it("is stopped before any request by a callback, and its caller finds the refusal", async () => {
      const { run, chat, provider } = await open(script, modelCalls(0));
      const error = await perform(chat({ callbacks: [gateCallback(run)] })).catch((e) => e);
      expect(findDenial(error)).toBeInstanceOf(ActionDenied);
      expect(provider.count()).toBe(0);
    });

    it("is booked by a callback as its provider reports it", async () => {
      const { run, gate, chat, provider } = await open(script);
      await perform(chat({ callbacks: [gateCallback(run)] }));
      expect(provider.count()).toBe(requests);
      const settled = (await endingsOf(gate)).filter((ending) => ending.startsWith("settled"));
      expect(settled).toEqual(Array.from({ length: requests }, () => "settled reported"));
      expect(await balanceOf(gate)).toEqual({ spent: BigInt(requests) * 360_000n, held: 0n });
    });
  } else {
    it("passes by a callback, which is not told of it", async () => {
      const { run, gate, chat, provider } = await open(script, modelCalls(0));
      await perform(chat({ callbacks: [gateCallback(run)] }));
      expect(provider.count()).toBe(requests);
      expect(await decisionsOf(gate)).toEqual([]);
    });
  }
});
