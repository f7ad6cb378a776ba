import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { Command, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ruleFor } from "@tollgate/conformance/test-gate";
import { ActionDenied, type Gate, IdempotencyConflict, memoryLedger } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { answerApproval, gateNode } from "../src/index.ts";
import { asker, Notes, note } from "./asking-node.ts";
import {
  asking,
  booksOf,
  calls,
  expectRace,
  type Fixture,
  interruptsOf,
  newGate,
  open,
  thread,
} from "./fixture.ts";

describe("running a thread again", () => {
  const compile = (fixture: Fixture) =>
    new StateGraph(Notes)
      .addNode("ask", asker(fixture))
      .addNode("after", note("after"))
      .addEdge(START, "ask")
      .addEdge("ask", "after")
      .compile({ checkpointer: fixture.saver });

  /** The configuration of the latest checkpoint of a source before the node that asks. */
  const checkpointBefore = async (graph: ReturnType<typeof compile>, source: string) => {
    for await (const state of graph.getStateHistory(thread())) {
      if (state.next[0] === "ask" && state.metadata?.source === source) return state.config;
    }
    return expect.unreachable();
  };

  it("from an older checkpoint is a new attempt each time, paid each time", async () => {
    const fixture = await open();
    const graph = compile(fixture);
    await graph.invoke({}, thread());
    for (let travel = 0; travel < 2; travel++)
      await graph.invoke(null, await checkpointBefore(graph, "loop"));
    expect(fixture.provider.count()).toBe(3);
    // The travels left forks, which LangGraph does not fork again: their tasks keep their ids.
    const fork = await checkpointBefore(graph, "fork");
    for (let travel = 0; travel < 2; travel++) await graph.invoke(null, fork);
    expect(fixture.provider.count()).toBe(5);
    expect(await booksOf(fixture.gate)).toMatchObject({ money: 5n * 360_000n, held: 0n });
  });

  it("from an older checkpoint is refused when the budget is used up", async () => {
    const fixture = await open({ budgets: [calls(1, { per: "run" })] });
    const graph = compile(fixture);
    await graph.invoke({}, thread());
    const old = await checkpointBefore(graph, "loop");
    await expect(graph.invoke(null, old)).rejects.toBeInstanceOf(ActionDenied);
    expect(fixture.provider.count()).toBe(1);
  });

  it.each([
    ["gave its money back", { status: 500 }],
    ["may have been billed", { ending: "cut" }],
  ] as const)("after a call that failed and %s is a new attempt", async (_what, reply) => {
    const fixture = await open({}, ({ index }) => (index === 0 ? reply : {}));
    const graph = compile(fixture);
    await expect(graph.invoke({}, thread())).rejects.toThrow();
    expect((await graph.invoke(null, thread())).notes).toEqual(["ok", "after"]);
    expect(fixture.provider.count()).toBe(2);
  });

  it("after a refusal asks the gate anew", async () => {
    let open_ = false;
    const fixture = await open({
      evaluators: [
        {
          name: "hours",
          evaluate: () => (open_ ? { decision: "allow" } : { decision: "deny", reason: "closed" }),
        },
      ],
    });
    const graph = compile(fixture);
    await expect(graph.invoke({}, thread())).rejects.toThrow(/closed/);
    await expect(graph.invoke(null, thread())).rejects.toThrow(/closed/);
    open_ = true;
    expect((await graph.invoke(null, thread())).notes).toEqual(["ok", "after"]);
    expect(fixture.provider.count()).toBe(1);
  });

  it("twice at once after a failure makes one call", async () => {
    const fixture = await open({}, ({ index }) => (index === 0 ? { status: 500 } : { paceMs: 5 }));
    const graph = compile(fixture);
    await expect(graph.invoke({}, thread())).rejects.toThrow();
    const both = await Promise.allSettled([graph.invoke(null, thread()), graph.invoke(null, thread())]);
    expectRace(both);
    expect(fixture.provider.count()).toBe(2);
  });

  it("resumes of one interrupt at once make one call, whichever process they are in", async () => {
    const fixture = await open(ruleFor("llm", { decision: "require_approval", reason: "costly" }));
    const graph = compile(fixture);
    const [asked] = interruptsOf(await graph.invoke({}, thread()));
    const resume = answerApproval(asked!, { approved: true, by: "carol" });
    const resumed = await Promise.allSettled(
      Array.from({ length: 3 }, () => graph.invoke(new Command({ resume }), thread())),
    );
    expectRace(resumed);
    expect(fixture.provider.count()).toBe(1);
    // And once more, after the fact.
    await graph.invoke(new Command({ resume }), thread());
    expect(fixture.provider.count()).toBe(1);
  });
});

describe("an approval", () => {
  const costly = ruleFor("llm", { decision: "require_approval", reason: "costly" });
  const answered = (asked: Parameters<typeof answerApproval>[0]) =>
    answerApproval(asked, { approved: true, by: "carol" });

  it("is asked for again when what is to be done is not what was approved", async () => {
    const fixture = await open(costly);
    let prompt = "a short text";
    const graph = new StateGraph(Notes)
      .addNode(
        "ask",
        gateNode<typeof Notes.State, typeof Notes.Update>(fixture.gate, {
          action: () => ({ ...asking, params: { prompt } }),
          call: async (_state, permit) => ({ answer: await fixture.ask(permit, prompt) }),
        }),
      )
      .addEdge(START, "ask")
      .compile({ checkpointer: fixture.saver });
    const [first] = interruptsOf(await graph.invoke({}, thread()));
    prompt = "a very long one";
    const [second] = interruptsOf(await graph.invoke(new Command({ resume: answered(first!) }), thread()));
    expect(second?.id).toBe(first?.id);
    expect(fixture.provider.count()).toBe(0);
    await graph.invoke(new Command({ resume: answered(second!) }), thread());
    expect(fixture.provider.count()).toBe(1);
  });

  it("stands when its messages come back from the checkpointer", async () => {
    const fixture = await open(costly);
    const graph = new StateGraph(MessagesAnnotation)
      .addNode(
        "ask",
        gateNode<typeof MessagesAnnotation.State, typeof MessagesAnnotation.Update>(fixture.gate, {
          action: ({ messages }) => ({ ...asking, params: { messages } }),
          call: async ({ messages }, permit) => ({ messages: [await fixture.ask(permit, messages)] }),
        }),
      )
      .addEdge(START, "ask")
      .compile({ checkpointer: fixture.saver });
    const call = { name: "look", args: { at: "it" }, id: "call_1" };
    const messages = [
      { role: "user", content: "hi" },
      new AIMessage({ content: "", tool_calls: [call] }),
      new ToolMessage({ content: "seen", tool_call_id: "call_1" }),
    ];
    const [asked] = interruptsOf(await graph.invoke({ messages }, thread()));
    expect(interruptsOf(await graph.invoke(new Command({ resume: answered(asked!) }), thread()))).toEqual([]);
    expect(fixture.provider.count()).toBe(1);
  });
});

describe("a call that was made and is asked for again", () => {
  it("by answering its old interrupt anew is a new attempt, if the new answer says so", async () => {
    const fixture = await open(ruleFor("llm", { decision: "require_approval", reason: "costly" }));
    const graph = new StateGraph(Notes)
      .addNode("ask", asker(fixture))
      .addNode("after", note("after"))
      .addEdge(START, "ask")
      .addEdge("ask", "after")
      .compile({ checkpointer: fixture.saver });
    const [asked] = interruptsOf(await graph.invoke({}, thread()));
    const { config } = await graph.getState(thread());
    const say = (approved: boolean) => answerApproval(asked!, { approved, by: "carol" });
    await graph.invoke(new Command({ resume: say(true) }), thread());
    expect(fixture.provider.count()).toBe(1);
    // Going back alone approves nothing: what was approved was approved once.
    expect(interruptsOf(await graph.invoke(null, config))).toHaveLength(1);
    expect(fixture.provider.count()).toBe(1);
    await graph.invoke(new Command({ resume: say(true) }), config);
    expect(fixture.provider.count()).toBe(2);
    // LangGraph hands the earlier answers to the node first.
    await expect(graph.invoke(new Command({ resume: say(false) }), config)).rejects.toThrow(/carol denied/);
    const [plain] = Object.values(say(false));
    await expect(graph.invoke(new Command({ resume: plain! }), config)).rejects.toThrow(/carol denied/);
    expect(fixture.provider.count()).toBe(2);
  });

  /** A graph whose process dies when its node has run: nothing of what the node did is kept. */
  function dying(fixture: Fixture) {
    let dies = true;
    let checkpoints = 0;
    const saver = new MemorySaver();
    const putWrites = saver.putWrites.bind(saver);
    const put = saver.put.bind(saver);
    saver.putWrites = async (...args) => (dies ? undefined : putWrites(...args));
    saver.put = async (...args) => {
      checkpoints += 1;
      return dies && checkpoints > 2 ? args[0] : put(...args);
    };
    const compile = (gate: Gate) =>
      new StateGraph(Notes)
        .addNode("ask", asker({ ...fixture, gate }))
        .addEdge(START, "ask")
        .compile({ checkpointer: saver });
    const revive = () => {
      dies = false;
    };
    return { compile, revive };
  }

  it("by a process that died before its checkpoint was written is refused, and made from an older one", async () => {
    const fixture = await open();
    const { compile, revive } = dying(fixture);
    const graph = compile(fixture.gate);
    await graph.invoke({}, thread());
    revive();
    expect((await graph.getState(thread())).next).toEqual(["ask"]);
    // Again and again: that the gate refused is on record then, and is no reason to pay anew.
    for (let resume = 0; resume < 3; resume++)
      await expect(graph.invoke(null, thread())).rejects.toBeInstanceOf(IdempotencyConflict);
    expect(fixture.provider.count()).toBe(1);
    for await (const { config, next } of graph.getStateHistory(thread())) {
      if (next[0] === "__start__") await graph.invoke(null, config);
    }
    expect(fixture.provider.count()).toBe(2);
  });

  it("by a process that died after it had failed and given its money back is a new attempt", async () => {
    const fixture = await open({}, ({ index }) => (index === 0 ? { status: 500 } : {}));
    const { compile, revive } = dying(fixture);
    const graph = compile(fixture.gate);
    await expect(graph.invoke({}, thread())).rejects.toThrow();
    revive();
    expect((await graph.invoke(null, thread())).notes).toEqual(["ok"]);
    expect(fixture.provider.count()).toBe(2);
  });

  it("by a process that died in it is a new attempt, once its reservation has expired", async () => {
    const clock = manualClock();
    const ledger = memoryLedger({ clock });
    const fixture = await open({}, ({ index }) => (index === 0 ? { ending: "silent" } : {}));
    const { compile, revive } = dying(fixture);
    const abort = new AbortController();
    // A gate of which nobody hears again: its heartbeat is as dead as its clock.
    const dead = compile(newGate({ ledger, clock: manualClock() })).invoke(
      {},
      { ...thread(), signal: abort.signal },
    );
    await expect.poll(() => fixture.provider.count()).toBe(1);
    revive();
    const graph = compile(newGate({ ledger, clock }));
    await expect(graph.invoke(null, thread())).rejects.toBeInstanceOf(IdempotencyConflict);
    clock.advance(10 * 60_000);
    expect((await graph.invoke(null, thread())).notes).toEqual(["ok"]);
    expect(fixture.provider.count()).toBe(2);
    abort.abort();
    await expect(dead).rejects.toThrow();
  });

  it("by two gates of one ledger at once, after it had failed, is made once", async () => {
    const ledger = memoryLedger();
    const fixture = await open({}, ({ index }) => (index === 0 ? { status: 500 } : { paceMs: 5 }));
    const gates = [1, 2].map(() => newGate({ ledger }));
    const graphs = gates.map((gate) =>
      new StateGraph(Notes)
        .addNode("ask", asker({ ...fixture, gate }))
        .addEdge(START, "ask")
        .compile({ checkpointer: fixture.saver }),
    );
    await expect(graphs[0]!.invoke({}, thread())).rejects.toThrow();
    const both = await Promise.allSettled(graphs.map((graph) => graph.invoke(null, thread())));
    expectRace(both);
    expect(fixture.provider.count()).toBe(2);
  });
});
