import { Annotation, Command, START, StateGraph } from "@langchain/langgraph";
import { receiptsOf } from "@tollgate/conformance/test-gate";
import { ActionDenied, InvalidAction } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { answerApproval } from "../src/index.ts";
import { asker, Notes } from "./asking-node.ts";
import { booksOf, calls, expectRace, interruptsOf, open, thread } from "./fixture.ts";

type Asks = Parameters<typeof asker>[0];
const graphOf = (fixture: Asks & { saver?: Awaited<ReturnType<typeof open>>["saver"] }) =>
  new StateGraph(Notes)
    .addNode("ask", asker(fixture))
    .addEdge(START, "ask")
    .compile(fixture.saver === undefined ? {} : { checkpointer: fixture.saver });

describe("the run of a call in a graph", () => {
  it("is its thread's: what the thread has spent counts when it is invoked again", async () => {
    const fixture = await open({ budgets: [calls(2, { per: "run" })] });
    const graph = graphOf(fixture);
    await graph.invoke({}, thread("a"));
    await graph.invoke({}, thread("a"));
    await expect(graph.invoke({}, thread("a"))).rejects.toBeInstanceOf(ActionDenied);
    await graph.invoke({}, thread("b"));
    expect(fixture.provider.count()).toBe(3);
    const runs = (await receiptsOf(fixture.gate)).flatMap((body) =>
      body.type === "decision" ? [body.action.run] : [],
    );
    expect(runs).toEqual(["a", "a", "a", "b"]);
  });

  it("is named so that any thread's id will do", async () => {
    const fixture = await open();
    const graph = graphOf(fixture);
    for (const id of ["Ärger um drei", "a%20b", "a b"]) await graph.invoke({}, thread(id));
    const runs = (await receiptsOf(fixture.gate)).flatMap((body) =>
      body.type === "decision" ? [body.action.run] : [],
    );
    expect(runs).toEqual(["%C3%84rger%20um%20drei", "a%2520b", "a%20b"]);
  });

  it("is the one that is given, whatever the thread", async () => {
    const fixture = await open({ budgets: [calls(1, { per: "run" })] });
    const run = fixture.gate.run({ user: "alice" });
    const graph = graphOf({ ...fixture, gate: run });
    await graph.invoke({}, thread("a"));
    await expect(graph.invoke({}, thread("b"))).rejects.toBeInstanceOf(ActionDenied);
    expect(fixture.provider.count()).toBe(1);
  });

  it("is withRun's without a thread, and a child of it with one", async () => {
    const { gate, ask } = await open({ budgets: [calls(2, { per: "run" })] });
    const graph = graphOf({ gate, ask });
    const run = gate.run({ user: "alice" });
    await gate.withRun(run, () => graph.invoke({}));
    await gate.withRun(run, () => graph.invoke({}, thread("sub-agent")));
    await expect(gate.withRun(run, () => graph.invoke({}, thread("another")))).rejects.toBeInstanceOf(
      ActionDenied,
    );
    await graph.invoke({}, thread("another"));
  });

  it("is the parent's in a subgraph, budgets and stop included", async () => {
    const fixture = await open({ budgets: [calls(2, { per: "run" })] });
    const inner = new StateGraph(Notes)
      .addNode("one", asker(fixture))
      .addNode("two", asker(fixture))
      .addEdge(START, "one")
      .addEdge("one", "two")
      .compile();
    const outer = new StateGraph(Notes)
      .addNode("ask", asker(fixture))
      .addNode("inner", inner)
      .addEdge(START, "ask")
      .addEdge("ask", "inner")
      .compile({ checkpointer: fixture.saver });
    await expect(outer.invoke({}, thread())).rejects.toBeInstanceOf(ActionDenied);
    expect(fixture.provider.count()).toBe(2);
    await fixture.gate.stop("thread-1", "enough");
    await expect(outer.invoke({}, thread())).rejects.toMatchObject({ terminal: true });
    expect(fixture.provider.count()).toBe(2);
  });

  it("goes on in a subgraph that was resumed", async () => {
    const fixture = await open({
      evaluators: [
        {
          name: "second",
          async evaluate(_action, context) {
            const all = await context.balances({ budget: "money" });
            return all.some(({ spent }) => spent > 0n)
              ? { decision: "require_approval", reason: "the second call" }
              : { decision: "allow" };
          },
        },
      ],
    });
    const inner = new StateGraph(Notes)
      .addNode("one", asker(fixture))
      .addNode("two", asker(fixture))
      .addEdge(START, "one")
      .addEdge("one", "two")
      .compile();
    const outer = new StateGraph(Notes)
      .addNode("inner", inner)
      .addEdge(START, "inner")
      .compile({ checkpointer: fixture.saver });
    const [asked] = interruptsOf(await outer.invoke({}, thread()));
    const resume = answerApproval(asked!, { approved: true, by: "carol" });
    const both = await Promise.allSettled([1, 2].map(() => outer.invoke(new Command({ resume }), thread())));
    expectRace(both);
    expect(fixture.provider.count()).toBe(2);
  });
});

describe("on whose behalf a graph is invoked", () => {
  const perUser = { budgets: [calls(1, { by: ["user"] })] };

  it("is said in configurable", async () => {
    const fixture = await open(perUser);
    const graph = graphOf(fixture);
    await graph.invoke({}, thread("1", { user: "alice" }));
    await graph.invoke({}, thread("2", { user: "bob" }));
    await expect(graph.invoke({}, thread("3", { user: "alice" }))).rejects.toBeInstanceOf(ActionDenied);
    expect(await fixture.gate.balances({ budget: "calls" })).toMatchObject([
      { partition: "user=alice", spent: 1n },
      { partition: "user=bob", spent: 1n },
    ]);
  });

  it("is said in the runtime's context", async () => {
    const fixture = await open(perUser);
    const context = Annotation.Root({ tollgate: Annotation<{ user: string }> });
    const graph = new StateGraph(Notes, context)
      .addNode("ask", asker(fixture))
      .addEdge(START, "ask")
      .compile();
    await graph.invoke({}, { context: { tollgate: { user: "alice" } } });
    expect(await fixture.gate.balances({ budget: "calls" })).toMatchObject([{ partition: "user=alice" }]);
  });

  it("is said over what a given run says", async () => {
    const fixture = await open(perUser);
    const graph = graphOf({ ...fixture, gate: fixture.gate.run({ user: "alice" }) });
    await graph.invoke({}, thread("1", { user: "bob" }));
    expect(await fixture.gate.balances({ budget: "calls" })).toMatchObject([{ partition: "user=bob" }]);
  });

  it("is denied when a budget needs to know and nobody says", async () => {
    const fixture = await open(perUser);
    await expect(graphOf(fixture).invoke({}, thread())).rejects.toMatchObject({ code: "action_denied" });
    expect(fixture.provider.count()).toBe(0);
  });

  it("is refused when it makes no sense", async () => {
    const fixture = await open();
    const config = { configurable: { thread_id: "1", tollgate: { usr: "alice" } } };
    await expect(graphOf(fixture).invoke({}, config)).rejects.toBeInstanceOf(InvalidAction);
    expect(await booksOf(fixture.gate)).toMatchObject({ money: 0n, held: 0n });
  });
});
