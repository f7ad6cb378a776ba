import { tool } from "@openai/agents";
import { RealtimeAgent, RealtimeSession } from "@openai/agents/realtime";
import { ScriptedRealtimeTransport } from "@openai/agents/realtime/testing";
import { findDenial, type GateOptions } from "@tollgate/core";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { gateTools } from "../src/index.ts";
import { decisionsOf, isAllSettled, open, ruleFor } from "./fixture.ts";

/** A realtime session with a tool, and the calls of it that the model makes. */
async function session(options: GateOptions = {}) {
  const fixture = await open(() => ({}), options);
  const sent: string[] = [];
  const send = tool({
    name: "send",
    description: "Sends a mail.",
    parameters: z.object({ to: z.string() }),
    execute: ({ to }) => `mail ${sent.push(to)}`,
  });
  const agent = new RealtimeAgent({ name: "voice", tools: gateTools([send], fixture.run) });
  const transport = new ScriptedRealtimeTransport();
  const session = new RealtimeSession(agent, { transport });
  onTestFinished(() => session.close());
  await session.connect({ apiKey: "none" });
  const outputs = () =>
    transport.calls.flatMap((call) =>
      call.method === "sendFunctionCallOutput" ? [(call as unknown as { output: string }).output] : [],
    );
  /** Has the model call its tool, and waits until the session has dealt with it. */
  const call = async (callId: string) => {
    const dealt = Promise.withResolvers<unknown>();
    session.once("agent_tool_end", () => dealt.resolve("ended"));
    session.once("tool_approval_requested", (_context, _agent, request) => dealt.resolve(request));
    session.once("error", ({ error }) => dealt.resolve(error));
    transport.emit("function_call", {
      type: "function_call",
      callId,
      name: "send",
      arguments: '{"to":"bob"}',
      responseId: "response_1",
    });
    return dealt.promise;
  };
  return { ...fixture, session, sent, outputs, call };
}

describe("realtime sessions", () => {
  it("run a tool only if the gate lets it, once, and book it", async () => {
    const { call, sent, outputs, gate } = await session({
      budgets: [{ id: "mails", limit: "1 calls", match: { kind: "tool" } }],
    });
    await call("call_1");
    await call("call_2");
    expect(sent).toEqual(["bob"]);
    expect(outputs()[0]).toBe("mail 1");
    expect(JSON.parse(outputs()[1]!)).toMatchObject({ tollgate: "denied", code: "budget_exceeded" });
    expect(await decisionsOf(gate)).toEqual(["tool send allow", "tool send deny"]);
    expect(await isAllSettled(gate)).toBe(true);
  });

  it("ask for a tool's approval as the SDK does, and run it once it is given", async () => {
    const {
      call,
      session: live,
      sent,
      outputs,
    } = await session(ruleFor("tool", { decision: "require_approval", reason: "is it wanted?" }));
    const request = (await call("call_1")) as { approvalItem: Parameters<RealtimeSession["approve"]>[0] };
    expect(sent).toEqual([]);
    await live.approve(request.approvalItem);
    await expect.poll(outputs).toEqual(["mail 1"]);
    expect(sent).toEqual(["bob"]);
  });

  it("are told of a stop as an error of the session, and run no tool after it", async () => {
    const { call, sent, run } = await session(
      ruleFor("tool", { decision: "deny", terminal: true, reason: "tampering" }),
    );
    expect(findDenial(await call("call_1"))).toMatchObject({ terminal: true });
    expect(findDenial(await call("call_2"))).toMatchObject({ terminal: true });
    expect([sent, run.stopped]).toEqual([[], "tampering"]);
  });
});
