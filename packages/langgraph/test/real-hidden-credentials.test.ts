import { inspect } from "node:util";
import { BaseTracer, type Run as TracedRun } from "@langchain/core/tracers/base";
import { Annotation, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { receiptsOf } from "@tollgate/conformance/test-gate";
import { InvalidAction } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { caller } from "../src/index.ts";
import { open, said } from "./caller-bench.ts";
import type { Chat } from "./identity-graphs.ts";

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
