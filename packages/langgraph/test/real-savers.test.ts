import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type BaseCheckpointSaver,
  Command,
  type Interrupt,
  MemorySaver,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { type PostgresServer, startPostgres } from "@tollgate/conformance/postgres-server";
import { ruleFor } from "@tollgate/conformance/test-gate";
import { type Gate, memoryLedger } from "@tollgate/core";
import { afterAll, describe, expect, it } from "vitest";
import { answerApproval, gatedTask } from "../src/index.ts";
import { asker, Notes } from "./asking-node.ts";
import { asking, booksOf, calls, expectRace, interruptsOf, newGate, open, thread } from "./fixture.ts";

const approve = ruleFor("llm", { decision: "require_approval", reason: "costly" });

/** Two savers of one store, as two processes have them. */
function twoSavers(): readonly [MemorySaver, MemorySaver] {
  const first = new MemorySaver();
  const second = new MemorySaver();
  second.storage = first.storage;
  second.writes = first.writes;
  return [first, second];
}

describe("a thread that goes on at another gate", () => {
  it("waits for approval, and the other gate asks and is answered anew", async () => {
    const { provider, ask } = await open();
    const [first, second] = twoSavers();
    const compile = (gate: Gate, checkpointer: BaseCheckpointSaver) =>
      new StateGraph(Notes)
        .addNode("ask", asker({ gate, ask }))
        .addEdge(START, "ask")
        .compile({ checkpointer });
    const [asked] = interruptsOf(await compile(newGate(approve), first).invoke({}, thread()));
    expect(provider.count()).toBe(0);
    const gate = newGate(approve);
    const resume = answerApproval(asked!, { approved: true, by: "carol" });
    expect((await compile(gate, second).invoke(new Command({ resume }), thread())).notes).toEqual(["ok"]);
    expect(provider.count()).toBe(1);
    expect(await gate.approvals.list({ status: "used" })).toMatchObject([
      { run: "thread-1", answer: { by: "carol" } },
    ]);
  });

  it("is paid once by two gates that resume it at once, when they share a ledger", async () => {
    const { provider, ask } = await open();
    const ledger = memoryLedger();
    const graphs = twoSavers().map((checkpointer) =>
      new StateGraph(Notes)
        .addNode("ask", asker({ gate: newGate({ ...approve, ledger }), ask }))
        .addEdge(START, "ask")
        .compile({ checkpointer }),
    );
    const [asked] = interruptsOf(await graphs[0]!.invoke({}, thread()));
    const resume = answerApproval(asked!, { approved: true, by: "carol" });
    const both = await Promise.allSettled(
      graphs.map((graph) => graph.invoke(new Command({ resume }), thread())),
    );
    expectRace(both);
    expect(provider.count()).toBe(1);
  });

  it("keeps what was paid for, and spends its own budget on", async () => {
    const { provider, ask } = await open();
    const ledger = memoryLedger();
    const compile = (checkpointer: BaseCheckpointSaver) => {
      const gate = newGate({ ledger, budgets: [calls(2, { per: "run" })] });
      const draft = gatedTask(gate, { name: "draft", action: () => asking, call: (permit) => ask(permit) });
      const graph = new StateGraph(Notes)
        .addNode("draft", async () => ({ answer: await draft() }))
        .addNode("ask", asker({ gate, ask }))
        .addNode("more", asker({ gate, ask }))
        .addEdge(START, "draft")
        .addEdge("draft", "ask")
        .addEdge("ask", "more")
        .compile({ checkpointer, interruptBefore: ["ask"] });
      return { gate, graph };
    };
    const [first, second] = twoSavers();
    await compile(first).graph.invoke({}, thread());
    expect(provider.count()).toBe(1);
    const { gate, graph } = compile(second);
    await expect(graph.invoke(null, thread())).rejects.toThrow(/"calls" has 0 calls left/);
    expect(provider.count()).toBe(2);
    expect(await booksOf(gate)).toMatchObject({ calls: 2n, money: 2n * 360_000n, held: 0n });
  });
});

const script = (name: string) => [
  "--conditions=tollgate-source",
  fileURLToPath(new URL(name, import.meta.url)),
];
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== "NODE_OPTIONS"));

/** What a process of its own says came of a thread. */
interface Outcome {
  readonly results: readonly string[];
  readonly notes: readonly string[];
  readonly interrupts: readonly Interrupt[];
  readonly approvals: readonly string[];
}

async function inProcess(...args: readonly string[]): Promise<Outcome> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...script("./thread.process.ts"), ...args],
    {
      env,
      timeout: 55_000,
    },
  );
  return JSON.parse(stdout);
}

const postgres = await startPostgres().catch((error: Error) => error);
afterAll(async () => {
  if (!(postgres instanceof Error)) await postgres.remove();
});

const reason = postgres instanceof Error ? ` (PostgreSQL cannot run here: ${postgres.message})` : "";
describe.skipIf(reason !== "")(`a thread kept in PostgreSQL${reason}`, () => {
  it("pauses in one process, is approved and goes on in another, and is paid once", async () => {
    const { provider } = await open();
    const { url: address } = postgres as PostgresServer;
    const first = await inProcess(address, provider.url, "thread 1");
    expect(first).toMatchObject({
      results: ["ok"],
      notes: ["draft ok"],
      approvals: ["pending by undefined"],
    });
    expect(provider.count()).toBe(1);

    const resume = JSON.stringify(answerApproval(first.interrupts[0]!, { approved: true, by: "carol" }));
    const second = await inProcess(address, provider.url, "thread 1", resume, "3");
    // Three resumes at once: one makes the call; the others find that it is being made, or that it was.
    expect(second.results).toContain("ok");
    expect(["ok", "idempotency_conflict"]).toEqual(expect.arrayContaining([...second.results]));
    expect(second.notes).toEqual(["draft ok", "ok"]);
    expect(second.interrupts).toEqual([]);
    expect(provider.count()).toBe(2);

    const third = await inProcess(address, provider.url, "thread 1", resume);
    expect(third).toMatchObject({ results: ["ok"], notes: ["draft ok", "ok"] });
    expect(provider.count()).toBe(2);
  });
});
