import { Annotation, Command, entrypoint, MemorySaver, Send, START, StateGraph } from "@langchain/langgraph";
import { receiptsOf, testGate } from "@tollgate/conformance/test-gate";
import { findDenial, InvalidAction } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { answerApproval, caller, gatedTask, gateNode } from "../src/index.ts";
import { type Bench, open, said } from "./caller-bench.ts";
import { interruptsOf } from "./fixture.ts";
import { benchOf, chatOf } from "./identity-graphs.ts";

describe("a caller's run", () => {
  it("is one for all calls without a thread, too", async () => {
    const { tokens, gate, provider } = await open({
      budgets: [{ id: "task", limit: "2 calls", per: "run", match: { kind: "llm" } }],
    });
    const graph = chatOf(benchOf(gate, provider));
    const alice = caller({ credential: await tokens.sign() });
    const asAlice = () => graph.invoke(said(), { configurable: { tollgate: alice } });
    await asAlice();
    await asAlice();
    expect(findDenial(await asAlice().catch((e: unknown) => e))?.refusal.reasonCode).toBe("budget_exceeded");
    const again = caller({ credential: await tokens.sign() });
    await graph.invoke(said(), { configurable: { tollgate: again } });
    expect(provider.count()).toBe(3);
  });

  it("is that of the tasks and parallel work of a workflow, and of what was sent", async () => {
    const { tokens, gate } = await open();
    const work = gatedTask(gate, {
      name: "work",
      action: (nth: number) => ({ kind: "tool", name: `work-${nth}` }),
      call: async (_permit, nth) => nth,
    });
    const workflow = entrypoint({ name: "all", checkpointer: new MemorySaver() }, async (count: number) =>
      Promise.all(Array.from({ length: count }, (_, nth) => work(nth))),
    );
    const Nth = Annotation.Root({ nth: Annotation<number>({ reducer: (_a, b) => b }) });
    const fan = new StateGraph(Nth)
      .addNode(
        "send",
        gateNode<typeof Nth.State, typeof Nth.Update>(gate, {
          action: ({ nth }) => ({ kind: "tool", name: `work-${nth}` }),
          call: async ({ nth }) => ({ nth }),
        }),
      )
      .addConditionalEdges(START, () => [0, 1].map((nth) => new Send("send", { nth })))
      .compile();
    const once = async (sub: string) => {
      const tollgate = caller({ credential: await tokens.sign({ sub }) });
      await workflow.invoke(2, { configurable: { thread_id: sub, tollgate } });
      await fan.invoke({ nth: 0 }, { configurable: { thread_id: sub, tollgate } });
    };
    await Promise.all([once("alice"), once("bob")]);
    const said = (await receiptsOf(gate)).flatMap((body) =>
      body.type === "decision"
        ? [`${body.action.run} ${body.action.subject?.agent} ${body.action.name} ${body.decision.code}`]
        : [],
    );
    const all = ["alice alice", "bob bob"].flatMap((who) =>
      [0, 0, 1, 1].map((nth) => `${who} work-${nth} allowed`),
    );
    expect(said.sort()).toEqual(all);
  });

  it("is the thread's, so that another token of theirs goes on with what was asked for approval", async () => {
    const { tokens, gate, provider, graph } = await open({
      evaluators: [
        { name: "asks", evaluate: () => ({ decision: "require_approval", reason: "is it wanted?" }) },
      ],
    });
    const as = async (sub: string) => ({
      configurable: { thread_id: "t", tollgate: caller({ credential: await tokens.sign({ sub }) }) },
    });
    const [asked] = interruptsOf(await graph.invoke(said(), await as("alice")));
    const resume = new Command({ resume: answerApproval(asked!, { approved: true, by: "carol" }) });
    tokens.clock.advance(606_000);
    await graph.invoke(resume, await as("alice"));
    expect(provider.count()).toBe(1);
    const subjects = (await receiptsOf(gate)).flatMap((body) =>
      body.type === "decision" ? [`${body.action.run} ${body.action.subject?.agent}`] : [],
    );
    expect(new Set(subjects)).toEqual(new Set(["t alice"]));
  });

  it("goes on where a token was refused, once a good one is shown", async () => {
    const { tokens, gate, provider, graph } = await open();
    const as = async (exp: number) => ({
      configurable: { thread_id: "t", tollgate: caller({ credential: await tokens.sign({ exp }) }) },
    });
    const now = tokens.clock.now() / 1000;
    await expect(graph.invoke(said(), await as(now - 60))).rejects.toThrow(/has expired/);
    await expect(graph.invoke(null, await as(now - 60))).rejects.toThrow(/has expired/);
    await graph.invoke(null, await as(now + 60));
    const decided = (await receiptsOf(gate)).filter((body) => body.type === "decision");
    expect(decided.map(({ decision }) => decision.code)).toEqual([
      "identity_denied",
      "identity_denied",
      "allowed",
    ]);
    expect(provider.count()).toBe(1);
  });

  it("is nobody else's: what was approved for one caller is asked about again for another", async () => {
    const { tokens, provider, graph } = await open({
      evaluators: [
        { name: "asks", evaluate: () => ({ decision: "require_approval", reason: "is it wanted?" }) },
      ],
    });
    const as = async (sub: string) => ({
      configurable: { thread_id: "t", tollgate: caller({ credential: await tokens.sign({ sub }) }) },
    });
    const [asked] = interruptsOf(await graph.invoke(said(), await as("alice")));
    const resume = new Command({ resume: answerApproval(asked!, { approved: true, by: "carol" }) });
    expect(interruptsOf(await graph.invoke(resume, await as("mallory")))).toHaveLength(1);
    expect(provider.count()).toBe(0);
  });

  it.each<[string, (bench: Bench, config: object) => Promise<unknown>]>([
    [
      "that the nodes were given",
      async ({ gate, tokens, provider }, config) => {
        const run = gate.run({ credential: await tokens.sign() });
        const bench = benchOf(run as never, provider);
        return chatOf(bench).invoke(said(), config);
      },
    ],
    [
      "that the graph is invoked in",
      async ({ gate, tokens, graph }, config) =>
        gate.withRun(gate.run({ credential: await tokens.sign() }), () => graph.invoke(said(), config)),
    ],
  ])("is not opened in another run %s", async (_what, invoke) => {
    const bench = await open();
    const tollgate = caller({ credential: await bench.tokens.sign({ sub: "mallory" }) });
    const call = invoke(bench, { configurable: { thread_id: "t", tollgate } });
    await expect(call).rejects.toThrow(/a graph's caller cannot show a credential/);
    expect(bench.provider.count()).toBe(0);
  });

  it("is refused by a gate that would not look at the credential", async () => {
    const { tokens, provider } = await open();
    const graph = chatOf(benchOf(testGate(), provider));
    const tollgate = caller({ credential: await tokens.sign() });
    const call = graph.invoke(said(), { configurable: { thread_id: "t", tollgate } });
    await expect(call).rejects.toBeInstanceOf(InvalidAction);
    expect(provider.count()).toBe(0);
  });
});
