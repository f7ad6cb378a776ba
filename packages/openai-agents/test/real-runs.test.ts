import {
  Agent,
  Runner,
  RunState,
  setTraceProcessors,
  setTracingDisabled,
  tool,
  withTrace,
} from "@openai/agents";
import type { Receipt } from "@tollgate/core";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { gateModelProvider, gateTools } from "../src/index.ts";
import { open, receiptsOf, refusalOf, ruleFor } from "./fixture.ts";
import { approved } from "./mailer.ts";
import { openaiProvider } from "./surfaces.ts";

const script = ({ index }: { index: number }) =>
  index === 0 ? { toolCalls: [{ name: "look", arguments: {} }] } : { text: "done" };

/** Agents whose gate is told of no run. */
async function runless(...options: Parameters<typeof open>) {
  const fixture = await open(...options);
  const { gate, client } = fixture;
  const look = tool({
    name: "look",
    description: "Looks.",
    parameters: z.object({}),
    execute: () => "seen",
  });
  const agent = new Agent({ name: "a", model: "gpt-4o", tools: gateTools([look], gate) });
  const modelProvider = gateModelProvider(openaiProvider("Responses", client), gate);
  return { ...fixture, agent, modelProvider, runner: new Runner({ modelProvider }) };
}

/** The actions on record: their runs and their subjects. */
async function actionsOf({ gate }: Awaited<ReturnType<typeof runless>>) {
  const bodies = await receiptsOf(gate);
  return bodies.flatMap((body: Receipt["body"]) => (body.type === "decision" ? [body.action] : []));
}

describe("a call without a run of its own, where traces are off", () => {
  beforeAll(() => setTracingDisabled(true));

  it("belongs to the run of withRun, in streams as well", async () => {
    const fixture = await runless(script);
    const { gate, runner, agent, run } = fixture;
    await gate.withRun(run, async () => {
      const result = await runner.run(agent, "hi", { stream: true });
      for await (const _event of result);
    });
    const actions = await actionsOf(fixture);
    expect(actions.map((action) => action.run)).toEqual([run.id, run.id, run.id]);
    expect(actions[1]).toMatchObject({ kind: "tool", subject: { user: "alice" } });
  });

  it("belongs to the run of withRun where runs are side by side", async () => {
    const fixture = await runless(() => ({}));
    const { gate, runner, agent } = fixture;
    const runs = ["ann", "bob", "eve"].map((user) => gate.run({ id: `run-${user}`, user }));
    await Promise.all(runs.map((run) => gate.withRun(run, () => runner.run(agent, "hi"))));
    const actions = await actionsOf(fixture);
    const users = actions.map(({ run, subject }) => `${run} ${subject.user}`).toSorted();
    expect(users).toEqual(["run-ann ann", "run-bob bob", "run-eve eve"]);
  });

  it("belongs to the gate's default run", async () => {
    const fixture = await runless(script);
    await fixture.runner.run(fixture.agent, "hi");
    const [action] = await actionsOf(fixture);
    expect(action?.run).toBe(fixture.gate.defaultRun.id);
  });
});

describe("a call in a trace", () => {
  beforeAll(() => {
    setTracingDisabled(false);
    setTraceProcessors([]);
  });

  const trace = { traceId: "trace_0123456789abcdef0123456789abcdef", groupId: "chat-7" };

  it("belongs to the run that is named by the trace, and to the session that is its group", async () => {
    const fixture = await runless(script);
    const { agent, modelProvider } = fixture;
    await new Runner({ modelProvider, ...trace }).run(agent, "hi");
    for (const { run, subject } of await actionsOf(fixture)) {
      expect([run, subject.session]).toEqual([trace.traceId, "chat-7"]);
    }
  });

  it("shares its budgets with all runs of the SDK in it, and with no others", async () => {
    const { agent, runner } = await runless(() => ({}), {
      budgets: [{ id: "task", limit: "2 calls", per: "run" }],
    });
    await withTrace("task", async () => {
      await runner.run(agent, "hi");
      await runner.run(agent, "hi");
      expect((await refusalOf(runner.run(agent, "hi"))).refusal.reasonCode).toBe("budget_exceeded");
    });
    await withTrace("another", () => runner.run(agent, "hi"));
  });

  it("goes on in the same run when its RunState is resumed", async () => {
    const asks = ruleFor("tool", { decision: "require_approval", reason: "is it wanted?" });
    const fixture = await runless(script, asks);
    const { runner, agent } = fixture;
    const text = approved((await runner.run(agent, "hi")).state);
    await runner.run(agent, await RunState.fromString(agent, text));
    const actions = await actionsOf(fixture);
    expect(actions.length).toBeGreaterThan(3);
    expect(new Set(actions.map(({ run }) => run)).size).toBe(1);
    expect(actions[0]?.run).toMatch(/^trace_/);
  });

  it("keeps the run and the session that are given", async () => {
    const fixture = await runless(() => ({}));
    const { agent, modelProvider, gate } = fixture;
    const run = gate.run({ user: "alice", session: "mine" });
    await gate.withRun(run, () => new Runner({ modelProvider, ...trace }).run(agent, "hi"));
    expect(await actionsOf(fixture)).toMatchObject([{ run: run.id, subject: { session: "mine" } }]);
  });

  it("adds the group to a run that names no session", async () => {
    const fixture = await runless(() => ({}));
    const { agent, modelProvider, gate, run } = fixture;
    await gate.withRun(run, () => new Runner({ modelProvider, ...trace }).run(agent, "hi"));
    expect(await actionsOf(fixture)).toMatchObject([
      { run: run.id, subject: { user: "alice", session: "chat-7" } },
    ]);
  });

  it("is refused where the trace was given an id that no run can have", async () => {
    const { agent, modelProvider, provider } = await runless(() => ({}));
    const runner = new Runner({ modelProvider, traceId: "a b" });
    await expect(runner.run(agent, "hi")).rejects.toThrow(/a run's id is/);
    expect(provider.count()).toBe(0);
  });
});
