import { tool } from "@langchain/core/tools";
import { Command, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { receiptsOf, ruleFor } from "@tollgate/conformance/test-gate";
import { type GateOptions, IdempotencyConflict } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { answerApproval, gateToolNode } from "../src/index.ts";
import { interruptsOf, newGate, thread } from "./fixture.ts";
import { answers, mailer, mails } from "./mailer.ts";

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
