import { ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { balanceOf, decisionsOf, endingsOf, ruleFor } from "@tollgate/conformance/test-gate";
import { ActionDenied, ApprovalRequired, findDenial, GateUnavailable } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { gateModel, gateTool } from "../src/index.ts";
import { open } from "./fixture.ts";

vi.spyOn(console, "error").mockImplementation(() => undefined);

function counted(run: (query: string) => unknown = (query) => `sunny in ${query}`) {
  const ran: string[] = [];
  const lookup = tool(
    async ({ query }) => {
      ran.push(query);
      return run(query);
    },
    { name: "lookup", description: "Looks up.", schema: z.object({ query: z.string() }) },
  );
  return { lookup, ran };
}

const byModel = { type: "tool_call" as const, id: "call_1", name: "lookup", args: { query: "a" } };

describe("a gated tool", () => {
  it("answers as it did, to code and to a model's call, and is booked each time", async () => {
    const { run, gate } = await open();
    const { lookup, ran } = counted();
    const gated = gateTool(lookup, run);
    expect(await gated.invoke({ query: "a" })).toBe("sunny in a");
    const message = await gated.invoke(byModel);
    expect(message).toBeInstanceOf(ToolMessage);
    expect(message).toMatchObject({ content: "sunny in a", tool_call_id: "call_1" });
    expect(ran).toEqual(["a", "a"]);
    expect(await decisionsOf(gate)).toEqual(["tool lookup allow", "tool lookup allow"]);
    expect(await endingsOf(gate)).toHaveLength(2);
    expect([gated.name, gated.description, gated.schema]).toEqual([
      lookup.name,
      lookup.description,
      lookup.schema,
    ]);
  });

  it("does not run when it is denied: code gets the gate's error, a model one payload", async () => {
    const { run } = await open(undefined, { evaluators: [denyTools(["lookup"])] });
    const { lookup, ran } = counted();
    const gated = gateTool(lookup, run);
    await expect(gated.invoke({ query: "a" })).rejects.toBeInstanceOf(ActionDenied);
    const message = await gated.invoke(byModel);
    expect(message).toMatchObject({ status: "error", tool_call_id: "call_1" });
    expect(JSON.parse(String(message.content))).toMatchObject({ tollgate: "denied", code: "policy_denied" });
    expect(ran).toEqual([]);
  });

  it("throws at a model's call too when the refusal stops the run", async () => {
    const { run } = await open(
      undefined,
      ruleFor("tool", { decision: "deny", terminal: true, reason: "no" }),
    );
    const { lookup } = counted();
    await expect(gateTool(lookup, run).invoke(byModel)).rejects.toBeInstanceOf(ActionDenied);
    expect(run.stopped).toBe("no");
  });

  it("answers a skip with the rule's result", async () => {
    const { run } = await open(
      undefined,
      ruleFor("tool", { decision: "skip", reason: "known", result: { a: 1 } }),
    );
    const { lookup, ran } = counted();
    const message = await gateTool(lookup, run).invoke(byModel);
    expect(message).toMatchObject({ status: "success", content: '{"a":1}' });
    expect(ran).toEqual([]);
  });

  it("asks for approval with the id to grant, and runs once when it is granted", async () => {
    const { run, gate } = await open(
      undefined,
      ruleFor("tool", { decision: "require_approval", reason: "?" }),
    );
    const { lookup, ran } = counted();
    const gated = gateTool(lookup, run);
    const error = await gated.invoke({ query: "a" }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApprovalRequired);
    await gate.approvals.grant((error as ApprovalRequired).approvalId, { by: "bob" });
    await expect(gated.invoke({ query: "b" })).rejects.toBeInstanceOf(ApprovalRequired);
    await gated.invoke({ query: "a" });
    await expect(gated.invoke({ query: "a" })).rejects.toBeInstanceOf(ApprovalRequired);
    expect(ran).toEqual(["a"]);
  });

  it("does not run when the gate cannot decide", async () => {
    const evaluate = () => {
      throw new Error("out of order");
    };
    const { run } = await open(undefined, { evaluators: [{ name: "broken", evaluate }] });
    const { lookup, ran } = counted();
    await expect(gateTool(lookup, run).invoke({ query: "a" })).rejects.toBeInstanceOf(GateUnavailable);
    expect(ran).toEqual([]);
  });

  it("is booked when it throws, with its own error", async () => {
    const { run, gate } = await open();
    const broken = new Error("broken");
    const { lookup } = counted(() => {
      throw broken;
    });
    await expect(gateTool(lookup, run).invoke({ query: "a" })).rejects.toBe(broken);
    expect(await endingsOf(gate)).toHaveLength(1);
  });

  it("is not asked about arguments that its schema refuses", async () => {
    const { run, gate } = await open();
    const { lookup } = counted();
    await expect(gateTool(lookup, run).invoke({ query: 1 } as never)).rejects.toThrow(/schema/);
    expect(await decisionsOf(gate)).toEqual([]);
  });

  it("costs what its options say, worked out from the arguments", async () => {
    const { run, gate } = await open(undefined, { budgets: [{ id: "letters", limit: "9 letters" }] });
    const { lookup } = counted();
    const letters = (args: unknown) => BigInt((args as { query: string }).query.length);
    const gated = gateTool(lookup, run, { action: (args) => ({ amounts: { letters: letters(args) } }) });
    await gated.invoke({ query: "abc" });
    expect((await balanceOf(gate, "letters")).spent).toBe(3n);
    await expect(gated.invoke({ query: "abcdefg" })).rejects.toBeInstanceOf(ActionDenied);
  });

  it("stays a stream, whose every step belongs to its run", async () => {
    const { run, gate, chat } = await open();
    const model = gateModel(chat(), gate);
    const steps: unknown[] = [];
    const streaming = tool(
      async function* ({ query }) {
        yield "looking";
        const { text } = await model.invoke(query);
        return text;
      },
      { name: "lookup", description: "Looks up.", schema: z.object({ query: z.string() }) },
    );
    const handler = { handleToolEvent: (step: unknown) => void steps.push(step) };
    expect(await gateTool(streaming, run).invoke({ query: "a" }, { callbacks: [handler] })).toBe("ok");
    expect(steps).toEqual(["looking"]);
    expect(await endingsOf(gate)).toHaveLength(2);
    const runs: string[] = [];
    for await (const { body } of gate.receipts()) if (body.type === "decision") runs.push(body.action.run);
    expect(runs).toEqual([run.id, run.id]);
  });

  it("says what an inner model was refused for, in an error of its own", async () => {
    const { run, chat } = await open(undefined, ruleFor("llm", { decision: "deny", reason: "not today" }));
    const { lookup } = counted(async (query) => (await gateModel(chat(), run).invoke(query)).text);
    const error = await gateTool(lookup, run)
      .invoke({ query: "a" })
      .catch((e: unknown) => e);
    expect(findDenial(error)?.refusal.reason).toBe("not today");
  });
});
