import { Command, type Interrupt, interrupt, MemorySaver } from "@langchain/langgraph";
import { endingsOf, ruleFor } from "@tollgate/conformance/test-gate";
import { createGate, type Run } from "@tollgate/core";
import { memoryApprovals } from "@tollgate/core/driver";
import { createAgent } from "langchain";
import { describe, expect, it, vi } from "vitest";
import { answerApproval, gateMiddleware } from "../src/middleware.ts";
import { asked, callsLookup, counted } from "./agent-fixture.ts";
import { type Fixture, open } from "./fixture.ts";

vi.spyOn(console, "error").mockImplementation(() => undefined);

const needsApproval = ruleFor("tool", {
  decision: "require_approval",
  reason: "is it wanted?",
  approver: "boss",
});

const interruptsOf = (state: object): readonly Interrupt[] =>
  (state as { __interrupt__?: Interrupt[] }).__interrupt__ ?? [];

describe("an agent's approvals", () => {
  const open3 = (): Promise<Fixture> =>
    open(
      ({ index }) =>
        index === 0
          ? {
              toolCalls: ["a", "b", "c"].map((query) => ({
                id: `call_${query}`,
                name: "lookup",
                arguments: { query },
              })),
            }
          : { text: "done" },
      needsApproval,
    );
  const agentOf = ({ run, chat }: Fixture, lookup: ReturnType<typeof counted>["lookup"], options = {}) =>
    createAgent({
      model: chat(),
      tools: [lookup],
      middleware: [gateMiddleware(run, options)],
      checkpointer: new MemorySaver(),
    });
  const config = { configurable: { thread_id: "one" } };

  it("are interrupts that say what is to be approved, and by whom", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const [pause] = interruptsOf(await agentOf(fixture, lookup).invoke(asked, config));
    const [approval] = await fixture.gate.approvals.list();
    expect(pause?.value).toEqual({
      tollgate: "approval_required",
      request: expect.any(String),
      approval: approval?.id,
      action: { kind: "tool", name: "lookup" },
      reason: "is it wanted?",
      approver: "boss",
    });
    expect(ran).toEqual([]);
  });

  it("approve one call of three, and leave the others pending", async () => {
    const fixture = await open3();
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup);
    const pauses = interruptsOf(await agent.invoke(asked, config));
    expect(pauses).toHaveLength(3);
    const second = pauses.find(({ value }) => (value as { request: string }).request.includes("call_b"));
    const resume = answerApproval(second!, { approved: true, by: "bob" });
    const left = interruptsOf(await agent.invoke(new Command({ resume }), config));
    expect(left).toHaveLength(2);
    expect(ran).toEqual(["b"]);
    expect(fixture.provider.count()).toBe(1);
    const statuses = (await fixture.gate.approvals.list({ status: "all" })).map(({ status }) => status);
    expect(statuses.sort()).toEqual(["pending", "pending", "used"]);
  });

  it("approve nothing by a plain resume that reaches every pending call", async () => {
    const fixture = await open3();
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup);
    await agent.invoke(asked, config);
    await agent.invoke(new Command({ resume: { approved: true, by: "mallory" } }), config);
    expect(ran).toEqual([]);
  });

  it("run the tool once and call the model once per turn, however often they are answered", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup);
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    const resume = answerApproval(pause!, { approved: true, by: "bob" });
    await Promise.allSettled([
      agent.invoke(new Command({ resume }), config),
      agent.invoke(new Command({ resume }), config),
    ]);
    expect(ran).toEqual(["a"]);
    const used = await fixture.gate.approvals.list({ status: "used" });
    expect(used).toHaveLength(1);
  });

  it("are asked for anew when an old checkpoint is run again with the answer that was used up", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup);
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    const { config: old } = await agent.graph.getState(config);
    const resume = answerApproval(pause!, { approved: true, by: "bob" });
    await agent.invoke(new Command({ resume }), old);
    expect(ran).toEqual(["a"]);
    const again = await agent.invoke(new Command({ resume }), old);
    expect(ran).toEqual(["a"]);
    expect(interruptsOf(again)).toHaveLength(1);
    expect(await fixture.gate.approvals.list({ status: "used" })).toHaveLength(1);
  });

  it("count for the run that goes on under another id, at another gate with the same store of approvals", async () => {
    const approvals = memoryApprovals();
    const fixture = await open(callsLookup, { ...needsApproval, approvals });
    const { lookup, ran } = counted();
    const checkpointer = new MemorySaver();
    const agentFor = (run: Run) =>
      createAgent({
        model: fixture.chat(),
        tools: [lookup],
        middleware: [gateMiddleware(run)],
        checkpointer,
      });
    const [pause] = interruptsOf(await agentFor(fixture.run).invoke(asked, config));
    const other = createGate({ ...needsApproval, approvals });
    const resume = answerApproval(pause!, { approved: true, by: "bob" });
    await agentFor(other.run(fixture.run.subject)).invoke(new Command({ resume }), config);
    expect(ran).toEqual(["a"]);
    expect((await other.approvals.list({ status: "all" })).map(({ status }) => status)).toEqual([
      "pending",
      "used",
    ]);
  });

  it("are asked for once where the approved tool interrupts by itself", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted(() => interrupt("what city?"));
    const agent = agentOf(fixture, lookup);
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    const approved = answerApproval(pause!, { approved: true, by: "bob" });
    const [question] = interruptsOf(await agent.invoke(new Command({ resume: approved }), config));
    expect(question?.value).toBe("what city?");
    const { messages } = await agent.invoke(new Command({ resume: { [question!.id!]: "Oslo" } }), config);
    expect(messages.find((message) => message.getType() === "tool")?.content).toBe("Oslo");
    expect(ran).toEqual(["a", "a"]);
  });

  it("tell the model who said no, and why", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup);
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    const resume = answerApproval(pause!, { approved: false, by: "bob", reason: "too late" });
    const { messages } = await agent.invoke(new Command({ resume }), config);
    expect(ran).toEqual([]);
    expect(String(messages.find((message) => message.getType() === "tool")?.content)).toMatch(
      /bob denied approval .*too late/,
    );
  });

  it("go by who approvedBy says, and ask again for who it does not accept", async () => {
    const fixture = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const agent = agentOf(fixture, lookup, {
      approvedBy: ({ by }: { by: string }) => (by === "mallory" ? null : `user:${by}`),
    });
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    const again = await agent.invoke(
      new Command({ resume: answerApproval(pause!, { approved: true, by: "mallory" }) }),
      config,
    );
    expect(ran).toEqual([]);
    const [still] = interruptsOf(again);
    await agent.invoke(
      new Command({ resume: answerApproval(still!, { approved: true, by: "bob" }) }),
      config,
    );
    expect(ran).toEqual(["a"]);
    const [used] = await fixture.gate.approvals.list({ status: "used" });
    expect(used?.answer?.by).toBe("user:bob");
  });

  it("of a model call interrupt before it is made, and make it once", async () => {
    const fixture = await open(undefined, ruleFor("llm", { decision: "require_approval", reason: "costly" }));
    const { lookup } = counted();
    const agent = agentOf(fixture, lookup);
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    expect(fixture.provider.count()).toBe(0);
    await agent.invoke(
      new Command({ resume: answerApproval(pause!, { approved: true, by: "bob" }) }),
      config,
    );
    expect(fixture.provider.count()).toBe(1);
    expect(await fixture.gate.approvals.list({ status: "all" })).toHaveLength(1);
  });

  it("are refusals with the id to grant in an agent without a checkpointer", async () => {
    const { run, gate, chat } = await open(callsLookup, needsApproval);
    const { lookup, ran } = counted();
    const agent = createAgent({ model: chat(), tools: [lookup], middleware: [gateMiddleware(run)] });
    const { messages } = await agent.invoke(asked);
    const told = JSON.parse(String(messages.find((message) => message.getType() === "tool")?.content));
    const [approval] = await gate.approvals.list();
    expect(told).toMatchObject({ tollgate: "approval_required", approval: approval?.id });
    expect(ran).toEqual([]);
  });

  it("leave a tool's own interrupt alone, and charge the tool once", async () => {
    const { run, gate, chat } = await open(callsLookup);
    const { lookup, ran } = counted(() => interrupt("what city?"));
    const agent = createAgent({
      model: chat(),
      tools: [lookup],
      middleware: [gateMiddleware(run)],
      checkpointer: new MemorySaver(),
    });
    const [pause] = interruptsOf(await agent.invoke(asked, config));
    expect(pause?.value).toBe("what city?");
    const { messages } = await agent.invoke(new Command({ resume: "Oslo" }), config);
    expect(messages.find((message) => message.getType() === "tool")?.content).toBe("Oslo");
    expect(ran).toEqual(["a", "a"]);
    expect((await endingsOf(gate)).filter((ending) => ending === "released")).toHaveLength(1);
  });

  it("answer nothing but the gate's interrupts", () => {
    expect(() => answerApproval({ id: "x", value: "what city?" }, { approved: true, by: "bob" })).toThrow(
      TypeError,
    );
  });
});
