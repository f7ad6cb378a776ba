import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { type ToolRuntime, tool } from "@langchain/core/tools";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import { receiptsOf, ruleFor } from "@tollgate/conformance/test-gate";
import type { GateOptions } from "@tollgate/core";
import { denyTools } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateToolNode, type NodeTools } from "../src/index.ts";
import { newGate, thread } from "./fixture.ts";
import { answers, mailer, mails } from "./mailer.ts";

describe("a gated tool node", () => {
  it("runs what is allowed and tells the model of the rest, in the calls' order", async () => {
    const { graph, sent } = mailer({ budgets: [{ id: "mails", limit: "2 calls", match: { kind: "tool" } }] });
    const told = answers(await graph.invoke(mails("a", "b", "c"), thread()));
    expect(sent).toEqual(["a", "b"]);
    expect(told.slice(0, 2)).toEqual(["success sent to a", "success sent to b"]);
    expect(JSON.parse(told[2]!.slice("error ".length))).toMatchObject({
      tollgate: "denied",
      code: "budget_exceeded",
    });
  });

  it("answers the rule's result for a skipped call", async () => {
    const { graph, sent } = mailer(ruleFor("tool", { decision: "skip", reason: "known", result: { ok: 1 } }));
    expect(answers(await graph.invoke(mails("a"), thread()))).toEqual(['success {"ok":1}']);
    expect(sent).toEqual([]);
  });

  it("throws what stops the run, also where errors are told to the model", async () => {
    const { graph, sent, gate } = mailer(
      ruleFor("tool", { decision: "deny", reason: "tampering", terminal: true }),
      {
        handleToolErrors: true,
      },
    );
    await expect(graph.invoke(mails("a"), thread())).rejects.toMatchObject({
      terminal: true,
      code: "action_denied",
    });
    expect(sent).toEqual([]);
    expect(gate.run({ id: "thread-1" }).stopped).toBe("tampering");
  });

  it("tells the model of a tool's own error, or throws it, as it is told to", async () => {
    const { graph } = mailer({});
    expect(answers(await graph.invoke(mails("nobody"), thread()))).toEqual([
      "error Error: no such address\n Please fix your mistakes.",
    ]);
    const strict = mailer({}, { handleToolErrors: false });
    await expect(strict.graph.invoke(mails("nobody"), thread())).rejects.toThrow("no such address");
  });

  it("lets a tool that does not exist cost nothing", async () => {
    const { graph, gate } = mailer({});
    const { messages } = await graph.invoke(
      { messages: [new AIMessage({ content: "", tool_calls: [{ name: "sent", args: {}, id: "1" }] })] },
      thread(),
    );
    expect(messages.at(-1)?.text).toMatch(/"sent" not found/);
    expect(await receiptsOf(gate)).toEqual([]);
  });

  it("charges what a call's arguments come to, and sends what a degrade makes of them", async () => {
    const redirect: GateOptions = {
      evaluators: [
        {
          name: "redirect",
          evaluate: ({ params }) =>
            (params as { to?: string }).to === "a"
              ? { decision: "degrade", patch: { params: { to: "archive" } }, reason: "dry run" }
              : { decision: "allow" },
        },
      ],
      budgets: [{ id: "letters", limit: "10 letters" }],
    };
    const { graph, sent, gate } = mailer(redirect, {
      actions: { send: ({ to }) => ({ amounts: { letters: BigInt(String(to).length) } }) },
    });
    await graph.invoke(mails("a", "bob"), thread());
    expect(sent).toEqual(["archive", "bob"]);
    expect(await gate.balances({ budget: "letters" })).toMatchObject([{ spent: 4n }]);
  });

  /** What a tool sees of the state in a node, when a later message calls it again. */
  async function seenIn(nodeOf: (tools: NodeTools) => ToolNode, secondId: string) {
    const seen: unknown[] = [];
    const look = tool(
      (_input: object, runtime: Partial<ToolRuntime<{ messages: BaseMessage[] }>>) => {
        seen.push(runtime.state?.messages.length);
        return "seen";
      },
      { name: "look", description: "Looks.", schema: z.object({}) },
    );
    const asks = (id: string) => new AIMessage({ content: "", tool_calls: [{ name: "look", args: {}, id }] });
    const before = new ToolMessage({ content: "seen", tool_call_id: "call_1" });
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("tools", nodeOf([look]))
      .addEdge(START, "tools")
      .compile();
    await graph.invoke({ messages: [asks("call_1"), before, asks(secondId)] });
    return seen;
  }

  it("shows its tools the state that LangGraph's own node shows them", async () => {
    const plain = await seenIn((tools) => new ToolNode(tools), "call_2");
    expect(plain).toHaveLength(1);
    expect(await seenIn((tools) => gateToolNode(tools, newGate()), "call_2")).toEqual(plain);
  });

  it("runs a call whose id an earlier one had, which LangGraph's own node does not", async () => {
    expect(await seenIn((tools) => new ToolNode(tools), "call_1")).toHaveLength(0);
    expect(await seenIn((tools) => gateToolNode(tools, newGate()), "call_1")).toHaveLength(1);
  });

  it("works outside of a graph, too", async () => {
    const gate = newGate({ evaluators: [denyTools(["send"])] });
    const send = tool(() => "sent", { name: "send", description: "", schema: z.object({}) });
    const { messages } = await gateToolNode([send], gate).invoke({
      messages: [new AIMessage({ content: "", tool_calls: [{ name: "send", args: {}, id: "1" }] })],
    });
    expect(messages[0].text).toMatch(/denied/);
  });
});
