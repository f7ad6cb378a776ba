import { inspect } from "node:util";
import { HumanMessage } from "@langchain/core/messages";
import { BaseTracer, type Run as TracedRun } from "@langchain/core/tracers/base";
import { Annotation, Command, entrypoint, MemorySaver, Send, START, StateGraph } from "@langchain/langgraph";
import type { MockProvider } from "@tollgate/conformance/mock-provider";
import { receiptsOf, testGate, testProvider } from "@tollgate/conformance/test-gate";
import { type TestTokens, testTokens } from "@tollgate/conformance/test-tokens";
import { findDenial, type Gate, type GateOptions, InvalidAction } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { answerApproval, caller, gatedTask, gateNode } from "../src/index.ts";
import { interruptsOf } from "./fixture.ts";
import { benchOf, type Chat, chatOf } from "./identity-graphs.ts";

interface Bench {
  readonly tokens: TestTokens;
  readonly gate: Gate;
  readonly provider: MockProvider;
  readonly saver: MemorySaver;
  readonly graph: Chat;
}

async function open(options: GateOptions = {}): Promise<Bench> {
  const tokens = await testTokens();
  const gate = testGate({ clock: tokens.clock, identity: tokens.identity(), params: "full", ...options });
  const provider = await testProvider();
  const saver = new MemorySaver();
  return { tokens, gate, provider, saver, graph: chatOf(benchOf(gate, provider), { checkpointer: saver }) };
}

const said = () => ({ messages: [new HumanMessage("hi")] });

/** Keeps whatever it is told, as a tracer that sends it somewhere does. */
class Tracer extends BaseTracer {
  readonly name = "tracer";
  readonly runs: TracedRun[] = [];
  protected override async persistRun(run: TracedRun): Promise<void> {
    this.runs.push(run);
  }
}

/** All that there is in a value, hidden or not: bytes as text, methods' own properties, errors and their causes. */
const textOf = (value: unknown): string =>
  inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    showHidden: true,
    maxStringLength: null,
    maxArrayLength: null,
  }) + JSON.stringify(value, withoutCycles());

function withoutCycles() {
  const seen = new Set<unknown>();
  return (_key: string, value: unknown): unknown => {
    if (value instanceof Uint8Array) return new TextDecoder().decode(value);
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return "(seen)";
    seen.add(value);
    return value;
  };
}

const modes = ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug"] as const;

/** Whatever LangGraph tells anybody of two turns on a thread. */
async function toldBy(graph: Chat, config: { configurable: object; context?: Record<string, unknown> }) {
  const tracer = new Tracer();
  const told: unknown[] = [];
  for (const streamMode of modes) {
    const stream = await graph.stream(said(), {
      ...config,
      streamMode,
      subgraphs: true,
      callbacks: [tracer],
    });
    for await (const part of stream) told.push(part);
  }
  for (const version of ["v1", "v2"] as const) {
    for await (const event of graph.streamEvents(said(), { ...config, version })) told.push(event);
  }
  told.push(await graph.getState(config));
  for await (const state of graph.getStateHistory(config)) told.push(state);
  expect(tracer.runs.length).toBeGreaterThan(0);
  return { told, traced: tracer.runs };
}

/** A graph without a gate, to see what LangGraph itself makes of a configuration. */
function bareGraph(checkpointer: MemorySaver): Chat {
  const State = Annotation.Root({ messages: Annotation<unknown> });
  return new StateGraph(State)
    .addNode("echo", ({ messages }) => ({ messages }))
    .addEdge(START, "echo")
    .compile({ checkpointer }) as unknown as Chat;
}

describe("a caller's credential", () => {
  it.each(["configurable", "context"] as const)(
    "stands in no stream, trace, checkpoint, receipt or request when it is shown in %s",
    async (place) => {
      const { tokens, gate, provider, saver, graph } = await open();
      const credential = await tokens.sign();
      const tollgate = caller({ credential, session: "s-1" });
      const thread = { thread_id: "t" };
      const config =
        place === "configurable"
          ? { configurable: { ...thread, tollgate } }
          : { configurable: thread, context: { tollgate } };
      const { told, traced } = await toldBy(graph, config);
      const receipts = await receiptsOf(gate);
      expect(JSON.stringify(receipts)).toContain('"session":"s-1"');
      const written = {
        told,
        traced,
        saved: [saver.storage, saver.writes],
        receipts,
        requests: provider.requests,
        caller: [tollgate, structuredClone(tollgate), gate.run({ credential })],
      };
      for (const part of credential.split(".").slice(1)) {
        for (const [where, what] of Object.entries(written)) {
          expect(textOf(what).includes(part), where).toBe(false);
        }
      }
    },
  );

  it("would be told to streams if it stood in the configuration as it is", async () => {
    const { tokens } = await open();
    const credential = await tokens.sign();
    const configurable = { thread_id: "t", tollgate: { credential } };
    const { told, traced } = await toldBy(bareGraph(new MemorySaver()), { configurable });
    expect(textOf(told)).toContain(credential);
    expect(textOf(traced)).not.toContain(credential);
    // A text at the top of a configuration is even traced.
    const plain = { thread_id: "t", credential };
    expect(textOf((await toldBy(bareGraph(new MemorySaver()), { configurable: plain })).told)).toContain(
      credential,
    );
  });

  it.each(["configurable", "context"] as const)(
    "is refused, and not quoted, where it stands in %s as it is",
    async (place) => {
      const { tokens, provider, graph } = await open();
      const credential = await tokens.sign();
      const configurable = { thread_id: "t" };
      const tollgate = { credential };
      const call = graph.invoke(said(), {
        configurable: place === "configurable" ? { ...configurable, tollgate } : configurable,
        ...(place === "context" ? { context: { tollgate } } : {}),
      });
      const error = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidAction);
      expect(String(error)).toMatch(/caller\(\{ credential \}\)/);
      expect(textOf(error)).not.toContain(credential);
      expect(provider.count()).toBe(0);
    },
  );

  it("must be there", () => {
    expect(() => caller({ credential: "" })).toThrow(InvalidAction);
    expect(() => caller({ user: "alice" } as never)).toThrow(InvalidAction);
  });
});

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
