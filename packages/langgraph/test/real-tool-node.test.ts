import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { type ToolRuntime, tool } from "@langchain/core/tools";
import {
  Command,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { denyTools, type GateOptions, IdempotencyConflict } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { answerApproval, type GateToolNodeOptions, gateToolNode } from "../src/index.ts";
import { interruptsOf, newGate, receiptsOf, ruleFor, thread } from "./fixture.ts";

/** A graph of one gated tool node, with a tool that counts what it sent. */
function mailer(gateOptions: GateOptions, options: GateToolNodeOptions & { each?: boolean } = {}) {
  const gate = newGate(gateOptions);
  const sent: string[] = [];
  const send = tool(
    async ({ to }: { to: string }) => {
      sent.push(to);
      if (to === "nobody") throw new Error("no such address");
      return `sent to ${to}`;
    },
    { name: "send", description: "Sends mail.", schema: z.object({ to: z.string() }) },
  );
  const { each = false, ...nodeOptions } = options;
  const nodes = new StateGraph(MessagesAnnotation).addNode("tools", gateToolNode([send], gate, nodeOptions));
  // As prebuilt agents do it: each call is sent to the node on its own.
  const sends = ({ messages }: typeof MessagesAnnotation.State) =>
    (messages.at(-1) as AIMessage).tool_calls!.map(
      (call) => new Send("tools", { messages, lg_tool_call: call }),
    );
  const graph = (each ? nodes.addConditionalEdges(START, sends) : nodes.addEdge(START, "tools")).compile({
    checkpointer: new MemorySaver(),
  });
  return { gate, sent, graph };
}

/** A model's message that calls `send` for each. */
const mails = (...to: string[]) => ({
  messages: [
    new AIMessage({
      id: "asked",
      content: "",
      tool_calls: to.map((name, index) => ({ name: "send", args: { to: name }, id: `call_${index}` })),
    }),
  ],
});

const answers = ({ messages }: { messages: BaseMessage[] }) =>
  messages.slice(1).map((message) => `${(message as ToolMessage).status} ${message.text}`);

/** Wants mail to anybody but dave approved. */
const approve: GateOptions = {
  evaluators: [
    {
      name: "mail",
      evaluate: ({ params }) =>
        (params as { to?: string }).to === "dave"
          ? { decision: "allow" }
          : { decision: "require_approval", reason: "mail leaves the house", approver: "boss" },
    },
  ],
};

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

  it("gives its tools the whole state, and runs a call whose id an earlier one had", async () => {
    const seen: number[] = [];
    const look = tool(
      (_input: object, { state }: ToolRuntime<{ messages: BaseMessage[] }>) => {
        seen.push(state.messages.length);
        return "seen";
      },
      { name: "look", description: "Looks.", schema: z.object({}) },
    );
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("tools", gateToolNode([look], newGate()))
      .addEdge(START, "tools")
      .compile();
    const asks = (id: string) =>
      new AIMessage({ id, content: "", tool_calls: [{ name: "look", args: {}, id: "call_1" }] });
    const before = new ToolMessage({ content: "seen", tool_call_id: "call_1" });
    const { messages } = await graph.invoke({ messages: [asks("1"), before, asks("2")] });
    expect(seen).toEqual([3]);
    expect(messages).toHaveLength(4);
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

describe("tool calls that need approval", () => {
  it.each([
    ["one after the other in one node", false],
    ["all at once where each is sent to the node on its own", true],
  ])("are asked about %s, while those that need none run once", async (_how, each) => {
    const { graph, sent, gate } = mailer(approve, { each });
    const asked = interruptsOf(await graph.invoke(mails("a", "dave", "b"), thread()));
    expect(asked).toHaveLength(each ? 2 : 1);
    expect(asked[0]!.value).toMatchObject({
      tollgate: "approval_required",
      action: { kind: "tool", name: "send" },
      reason: "mail leaves the house",
      approver: "boss",
    });
    expect(sent).toEqual(["dave"]);

    const first = answerApproval(asked[0]!, { approved: true, by: "carol" });
    const left = interruptsOf(await graph.invoke(new Command({ resume: first }), thread()));
    expect(left).toHaveLength(1);
    expect(left[0]!.id).not.toBe(asked[0]!.id);
    expect(sent).toEqual(["dave", "a"]);

    const second = answerApproval(left[0]!, { approved: false, by: "carol", reason: "not to them" });
    const told = answers(await graph.invoke(new Command({ resume: second }), thread()));
    expect(sent).toEqual(["dave", "a"]);
    expect(told.slice(0, 2)).toEqual(["success sent to a", "success sent to dave"]);
    expect(told[2]).toMatch(/carol denied approval .*: not to them/);

    const steps = (await receiptsOf(gate)).flatMap((body) => (body.type === "approval" ? [body.status] : []));
    expect(steps.toSorted()).toEqual(["denied", "granted", "requested", "requested", "used"]);
  });

  it("are not all approved by one answer that LangGraph hands to each of them", async () => {
    const { graph, sent } = mailer(approve, { each: true });
    const asked = interruptsOf(await graph.invoke(mails("a", "b", "c"), thread()));
    const [answer] = Object.values(answerApproval(asked[1]!, { approved: true, by: "carol" }));
    await graph.invoke(new Command({ resume: answer! }), thread());
    expect(sent).toEqual(["b"]);
    const left = interruptsOf(await graph.invoke(new Command({ resume: "yes" }), thread()));
    expect(sent).toEqual(["b"]);
    expect(left.map(({ id }) => id)).toEqual([asked[0]!.id, asked[2]!.id]);
  });

  it("are not all approved by one answer, also when they would do the same", async () => {
    const { graph, sent } = mailer(approve, { each: true });
    const asked = interruptsOf(await graph.invoke(mails("a", "a", "a"), thread()));
    const [answer] = Object.values(answerApproval(asked[1]!, { approved: true, by: "carol" }));
    await graph.invoke(new Command({ resume: answer! }), thread());
    expect(sent).toEqual(["a"]);
  });

  it.each([false, true])(
    "of the same arguments are approved one by one, too (each on its own: %s)",
    async (each) => {
      const { graph, sent } = mailer(approve, { each });
      const [asked] = interruptsOf(await graph.invoke(mails("a", "a"), thread()));
      const resume = answerApproval(asked!, { approved: true, by: "carol" });
      const left = interruptsOf(await graph.invoke(new Command({ resume }), thread()));
      expect(sent).toEqual(["a"]);
      expect(left).toHaveLength(1);
      expect(left[0]!.id).not.toBe(asked!.id);
      await graph.invoke(
        new Command({ resume: answerApproval(left[0]!, { approved: true, by: "carol" }) }),
        thread(),
      );
      expect(sent).toEqual(["a", "a"]);
    },
  );

  it("run once, however often and however many at once they are resumed", async () => {
    const { graph, sent } = mailer(approve);
    const [asked] = interruptsOf(await graph.invoke(mails("a"), thread()));
    const resume = answerApproval(asked!, { approved: true, by: "carol" });
    const resumed = await Promise.allSettled(
      [1, 2, 3].map(() => graph.invoke(new Command({ resume }), thread())),
    );
    expect(sent).toEqual(["a"]);
    for (const result of resumed) {
      if (result.status === "rejected") expect(result.reason).toBeInstanceOf(IdempotencyConflict);
    }
    const { messages } = await graph.invoke(new Command({ resume }), thread());
    expect(messages.map(({ text }) => text)).toEqual(["", "sent to a"]);
    expect(sent).toEqual(["a"]);
  });

  it("are answered by whom `approvedBy` says, or asked about again", async () => {
    const { graph, sent, gate } = mailer(approve, {
      approvedBy: ({ by }, { approver }, { configurable }) =>
        by === approver && configurable?.signedIn === "boss" ? "boss@acme" : null,
    });
    const config = (signedIn: string) => ({ configurable: { ...thread().configurable, signedIn } });
    const [asked] = interruptsOf(await graph.invoke(mails("a"), thread()));
    const resume = answerApproval(asked!, { approved: true, by: "boss" });
    const [again] = interruptsOf(await graph.invoke(new Command({ resume }), config("mallory")));
    expect(again?.id).toBe(asked!.id);
    expect(sent).toEqual([]);
    await graph.invoke(new Command({ resume }), config("boss"));
    expect(sent).toEqual(["a"]);
    const granted = (await receiptsOf(gate)).find(
      (body) => body.type === "approval" && body.status === "granted",
    );
    expect(granted).toMatchObject({ by: "boss@acme" });
  });

  it("throw ApprovalRequired where the graph is not to be interrupted", async () => {
    const { graph, gate, sent } = mailer(approve, { approvals: "throw" });
    await expect(graph.invoke(mails("a"), thread())).rejects.toMatchObject({ code: "approval_required" });
    for (const { id } of await gate.approvals.list()) await gate.approvals.grant(id, { by: "carol" });
    await graph.invoke(null, thread());
    expect(sent).toEqual(["a"]);
  });

  it("of a tool that asks for more by itself go on where they were", async () => {
    const gate = newGate(ruleFor("tool", { decision: "require_approval", reason: "mail" }));
    const runs: string[] = [];
    const send = tool(
      async () => {
        runs.push("asked");
        const subject: string = interrupt("which subject?");
        runs.push(subject);
        return subject;
      },
      { name: "send", description: "Sends mail.", schema: z.object({ to: z.string() }) },
    );
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("tools", gateToolNode([send], gate))
      .addEdge(START, "tools")
      .compile({ checkpointer: new MemorySaver() });
    const [asked] = interruptsOf(await graph.invoke(mails("a"), thread()));
    const resume = answerApproval(asked!, { approved: true, by: "carol" });
    const [own] = interruptsOf(await graph.invoke(new Command({ resume }), thread()));
    expect(own?.value).toBe("which subject?");
    await graph.invoke(new Command({ resume: { [own!.id!]: "hello" } }), thread());
    expect(runs).toEqual(["asked", "asked", "hello"]);
  });

  it("say so when the interrupt is not the gate's", () => {
    expect(() => answerApproval({ id: "1", value: "ok?" }, { approved: true, by: "x" })).toThrow(TypeError);
  });
});
