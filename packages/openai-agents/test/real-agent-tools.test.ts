import { Agent, RunState, tool } from "@openai/agents";
import type { Script } from "@tollgate/conformance/mock-reply";
import type { GateOptions, Verdict } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateTools } from "../src/index.ts";
import { decisionsOf, isAllSettled, open, receiptsOf, refusalOf } from "./fixture.ts";
import { approved } from "./mailer.ts";

const call = (name: string, args: object) => ({ toolCalls: [{ name, arguments: { ...args } }] });

/** The boss asks the clerk, who sends a mail; then both answer. */
const script: Script = ({ index }) => {
  if (index === 0) return call("clerk", { input: "do it" });
  return index === 1 ? call("send", { to: "bob" }) : { text: `answer ${index}` };
};

/** The gate's rule for the tool of one name. */
const ruleOn = (tool: string, verdict: Verdict): GateOptions => ({
  evaluators: [{ name: "rule", evaluate: ({ name }) => (name === tool ? verdict : { decision: "allow" }) }],
});

/** An agent that is a tool of another one, and has a tool itself. */
async function office(options: GateOptions = {}, isClerkGated = true) {
  const fixture = await open(script, options);
  const sent: string[] = [];
  const send = tool({
    name: "send",
    description: "Sends a mail.",
    parameters: z.object({ to: z.string() }),
    execute: ({ to }) => `mail ${sent.push(to)}`,
  });
  const clerk = new Agent({ name: "clerk", model: "gpt-4o", tools: gateTools([send], fixture.run) });
  const asTool = clerk.asTool({ toolName: "clerk", toolDescription: "Does it." });
  const tools = isClerkGated ? gateTools([asTool], fixture.run) : [asTool];
  return { ...fixture, sent, boss: new Agent({ name: "boss", model: "gpt-4o", tools }) };
}

describe("agents as tools", () => {
  it("draw on the run of the agent that uses them, and end what they held", async () => {
    const { runner, boss, sent, gate, run } = await office();
    const { finalOutput } = await runner.run(boss, "hi");
    expect([finalOutput, sent]).toEqual(["answer 3", ["bob"]]);
    expect(await decisionsOf(gate)).toEqual([
      "llm gpt-4o allow",
      "tool clerk allow",
      "llm gpt-4o allow",
      "tool send allow",
      "llm gpt-4o allow",
      "llm gpt-4o allow",
    ]);
    for (const body of await receiptsOf(gate)) {
      if (body.type === "decision") expect(body.action.run).toBe(run.id);
    }
    expect(await isAllSettled(gate)).toBe(true);
  });

  it.each([true, false])(
    "that are stopped inside end the whole run, although the SDK swallows what they throw (gated: %s)",
    async (isClerkGated) => {
      const stop = ruleOn("send", { decision: "deny", terminal: true, reason: "tampering" });
      const { runner, boss, sent, provider, run } = await office(stop, isClerkGated);
      expect((await refusalOf(runner.run(boss, "hi"))).terminal).toBe(true);
      expect([sent, provider.count()]).toEqual([[], 2]);
      expect(run.stopped).toBe("tampering");
    },
  );

  it("that are denied do not start, and the model is told", async () => {
    const { runner, boss, provider } = await office(
      ruleOn("clerk", { decision: "deny", reason: "no clerks" }),
    );
    provider.play(({ index }) => (index === 0 ? call("clerk", { input: "do it" }) : { text: "done" }));
    await runner.run(boss, "hi");
    expect(JSON.stringify(provider.requests[1]?.body.input)).toMatch(/no clerks/);
    expect(provider.count()).toBe(2);
  });

  it.each([true, false])(
    "whose own tools have to be approved interrupt the run, which goes on from its state (gated: %s)",
    async (isClerkGated) => {
      const asks = ruleOn("send", { decision: "require_approval", reason: "is it wanted?" });
      const { runner, boss, sent, gate } = await office(asks, isClerkGated);
      const { state, interruptions } = await runner.run(boss, "hi");
      expect(interruptions.map(({ name }) => name)).toEqual(["send"]);
      expect(sent).toEqual([]);
      const { finalOutput } = await runner.run(boss, await RunState.fromString(boss, approved(state)));
      expect([finalOutput, sent]).toEqual(["answer 3", ["bob"]]);
      expect(await isAllSettled(gate)).toBe(true);
    },
  );

  it("that were approved inside run once, and nothing is charged twice, when the state is resumed again", async () => {
    const asks = ruleOn("send", { decision: "require_approval", reason: "is it wanted?" });
    const budgets = [
      { id: "money", limit: "$9" },
      { id: "tools", limit: "9 calls", match: { kind: "tool" as const } },
    ];
    const { runner, boss, sent, gate, provider } = await office({ ...asks, budgets });
    const text = approved((await runner.run(boss, "hi")).state);
    await runner.run(boss, await RunState.fromString(boss, text));
    const balances = await gate.balances();
    const again = runner.run(boss, await RunState.fromString(boss, text));
    expect((await refusalOf(again)).code).toBe("idempotency_conflict");
    expect([sent, provider.count()]).toEqual([["bob"], 4]);
    expect(await gate.balances()).toEqual(balances);
  });
});
