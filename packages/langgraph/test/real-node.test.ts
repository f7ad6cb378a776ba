import { Command, END, Send, START, StateGraph } from "@langchain/langgraph";
import { InMemoryCache } from "@langchain/langgraph-checkpoint";
import { receiptsOf, ruleFor } from "@tollgate/conformance/test-gate";
import { ActionDenied, findDenial } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { answerApproval, budgetRetryOn } from "../src/index.ts";
import { asker, Notes, note, type Options } from "./asking-node.ts";
import { booksOf, calls, type Fixture, interruptsOf, open, thread } from "./fixture.ts";

describe("a gated node", () => {
  it("makes its call once and goes on along its edges when it is allowed", async () => {
    const fixture = await open();
    const graph = new StateGraph(Notes)
      .addNode("ask", asker(fixture))
      .addNode("after", note("after"))
      .addEdge(START, "ask")
      .addEdge("ask", "after")
      .compile();
    expect((await graph.invoke({})).notes).toEqual(["ok", "after"]);
    expect(fixture.provider.count()).toBe(1);
  });

  it("makes no call on a leftover static edge: neither its own nor one that leads to it", async () => {
    const fixture = await open({ budgets: [calls(0)] });
    const graph = new StateGraph(Notes)
      .addNode("ask", asker(fixture, { deny: END }), { ends: [END] })
      .addNode("again", asker(fixture, { deny: (told) => ({ notes: [String(told.code)] }) }))
      .addEdge(START, "ask")
      // Left over: goto END does not keep LangGraph from following it.
      .addEdge("ask", "again")
      .compile();
    expect((await graph.invoke({})).notes).toEqual(["budget_exceeded"]);
    expect(fixture.provider.count()).toBe(0);
  });

  it.each([
    ["deny", { decision: "deny", reason: "no" }, "denied"],
    ["skip", { decision: "skip", reason: "known" }, "skipped"],
    ["approval", { decision: "require_approval", reason: "costly" }, "approval_required"],
  ] as const)("goes along the edge of %s without a call", async (edge, verdict, word) => {
    const fixture = await open(ruleFor("llm", verdict));
    const named = new StateGraph(Notes)
      .addNode("ask", asker(fixture, { [edge]: "other" }), { ends: ["other"] })
      .addNode("other", note("other"))
      .addEdge(START, "ask")
      .compile({ checkpointer: fixture.saver });
    expect((await named.invoke({}, thread())).notes).toEqual(["other"]);
    const told = new StateGraph(Notes)
      .addNode(
        "ask",
        asker(fixture, {
          [edge]: (why: { tollgate: string }) => new Command({ update: { notes: [why.tollgate] } }),
        }),
      )
      .addEdge(START, "ask")
      .compile();
    expect((await told.invoke({})).notes).toEqual([word]);
    expect(fixture.provider.count()).toBe(0);
  });

  it("goes along the edge of allow with the call's update", async () => {
    const fixture = await open();
    const graph = new StateGraph(Notes)
      .addNode("ask", asker(fixture, { allow: "after" }), { ends: ["after"] })
      .addNode("after", note("after"))
      .addEdge(START, "ask")
      .compile();
    expect((await graph.invoke({})).notes).toEqual(["ok", "after"]);
  });

  it("throws the gate's own error at the graph's caller where no edge takes it", async () => {
    const fixture = await open({ budgets: [calls(0)] });
    const graph = new StateGraph(Notes).addNode("ask", asker(fixture)).addEdge(START, "ask").compile();
    await expect(graph.invoke({})).rejects.toBeInstanceOf(ActionDenied);
  });

  it("does not take the edge of deny when the gate could not decide", async () => {
    const fixture = await open({
      evaluators: [
        {
          name: "broken",
          evaluate() {
            throw new Error("out of order");
          },
        },
      ],
    });
    const graph = new StateGraph(Notes)
      .addNode("ask", asker(fixture, { deny: END }), { ends: [END] })
      .addEdge(START, "ask")
      .compile();
    await expect(graph.invoke({})).rejects.toMatchObject({ code: "gate_unavailable" });
    expect(fixture.provider.count()).toBe(0);
  });
});

describe("five Sends against a budget of two", () => {
  const fanOut = (fixture: Fixture, edges: Options["edges"]) =>
    new StateGraph(Notes)
      .addNode("ask", asker(fixture, edges))
      .addConditionalEdges(START, () => Array.from({ length: 5 }, () => new Send("ask", {})))
      .compile();

  it("make exactly two requests when the refused ones go along an edge", async () => {
    const fixture = await open({ budgets: [calls(2)] });
    const { notes } = await fanOut(fixture, { deny: () => ({ notes: ["denied"] }) }).invoke({});
    expect(notes.toSorted()).toEqual(["denied", "denied", "denied", "ok", "ok"]);
    expect(fixture.provider.count()).toBe(2);
    expect(await booksOf(fixture.gate)).toMatchObject({ calls: 2n, held: 0n });
  });

  it("never make more when the refusals are thrown, which the caller finds, and what was cut is booked", async () => {
    const fixture = await open({ budgets: [calls(2)] });
    const error = await fanOut(fixture, {})
      .invoke({})
      .catch((thrown: unknown) => thrown);
    expect(findDenial(error)?.refusal.reasonCode).toBe("budget_exceeded");
    await expect.poll(async () => (await booksOf(fixture.gate)).held).toBe(0n);
    expect(fixture.provider.count()).toBeLessThanOrEqual(2);
    expect((await booksOf(fixture.gate)).calls).toBe(2n);
  });
});

describe("a retry policy", () => {
  const retrying = (fixture: Fixture, retryOn?: (error: unknown) => boolean) =>
    new StateGraph(Notes)
      .addNode("ask", asker(fixture), {
        retryPolicy: {
          maxAttempts: 3,
          initialInterval: 1,
          jitter: false,
          logWarning: false,
          ...(retryOn ? { retryOn } : {}),
        },
      })
      .addEdge(START, "ask")
      .compile({ checkpointer: fixture.saver });
  const decisions = async (fixture: Fixture) =>
    (await receiptsOf(fixture.gate)).flatMap((body) =>
      body.type === "decision" ? [body.action.attempt] : [],
    );

  it("makes each attempt with a reservation of its own", async () => {
    const fixture = await open({}, ({ index }) => (index < 2 ? { status: 500 } : {}));
    await retrying(fixture, budgetRetryOn()).invoke({}, thread());
    expect(fixture.provider.count()).toBe(3);
    expect(await decisions(fixture)).toEqual([1, 2, 3]);
    const ends = (await receiptsOf(fixture.gate)).flatMap((body) =>
      body.type === "settlement" ? [body.outcome] : [],
    );
    expect(ends).toEqual(["released", "released", "settled"]);
  });

  it.each([
    ["budgetRetryOn", budgetRetryOn()],
    ["LangGraph's default", undefined],
    ["budgetRetryOn over one that retries everything", budgetRetryOn(() => true)],
  ] as const)("never retries a refusal: %s", async (_name, retryOn) => {
    const fixture = await open({ budgets: [calls(0)] });
    await expect(retrying(fixture, retryOn).invoke({}, thread())).rejects.toBeInstanceOf(ActionDenied);
    expect(await decisions(fixture)).toEqual([1]);
  });

  it("of a run that is stopped between two attempts makes no second one", async () => {
    const fixture = await open();
    fixture.provider.play(() => {
      fixture.gate.stop("thread-1", "enough").catch(() => expect.unreachable());
      return { status: 500 };
    });
    await expect(retrying(fixture, budgetRetryOn()).invoke({}, thread())).rejects.toMatchObject({
      terminal: true,
    });
    expect(fixture.provider.count()).toBe(1);
  });

  it("does not ask again for what was approved", async () => {
    const fixture = await open(
      ruleFor("llm", { decision: "require_approval", reason: "costly" }),
      ({ index }) => (index === 0 ? { status: 500 } : {}),
    );
    const graph = retrying(fixture, budgetRetryOn());
    const [asked] = interruptsOf(await graph.invoke({}, thread()));
    const resume = answerApproval(asked!, { approved: true, by: "carol" });
    expect((await graph.invoke(new Command({ resume }), thread())).notes).toEqual(["ok"]);
    expect(fixture.provider.count()).toBe(2);
  });
});

describe("a node cache", () => {
  it("answers without a call, and without a reservation", async () => {
    const fixture = await open();
    const graph = new StateGraph(Notes)
      .addNode("ask", asker(fixture), { cachePolicy: { ttl: 60 } })
      .addEdge(START, "ask")
      .compile({ cache: new InMemoryCache() });
    await graph.invoke({});
    await graph.invoke({});
    expect(fixture.provider.count()).toBe(1);
    expect(await booksOf(fixture.gate)).toMatchObject({ money: 360_000n });
  });
});
