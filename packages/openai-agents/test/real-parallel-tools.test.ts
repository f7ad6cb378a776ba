import { Agent, tool } from "@openai/agents";
import type { Script } from "@tollgate/conformance/mock-reply";
import type { GateOptions, Verdict } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gateTools } from "../src/index.ts";
import { isAllSettled, open, receiptsOf, refusalOf, toldOf } from "./fixture.ts";
import { apis } from "./surfaces.ts";

const names = ["ann", "bob", "eve", "joe"];
const script: Script = ({ index }) =>
  index === 0
    ? { toolCalls: names.map((to, call) => ({ id: `call_${call}`, name: "send", arguments: { to } })) }
    : { text: "done" };

describe.each(apis)("parallel function tools, over %s", (api) => {
  async function mailer(options: GateOptions) {
    const fixture = await open(script, options, { api });
    const sent: string[] = [];
    const send = tool({
      name: "send",
      description: "Sends a mail.",
      parameters: z.object({ to: z.string() }),
      execute: async ({ to }) => {
        sent.push(to);
        // All of them are under way at the same time.
        await new Promise(setImmediate);
        return `mail to ${to}`;
      },
    });
    const agent = new Agent({ name: "a", model: "gpt-4o", tools: gateTools([send], fixture.run) });
    return { ...fixture, fixture, sent, agent };
  }

  it("are decided each on its own: as many run as the budget has", async () => {
    const budgets = [{ id: "mails", limit: "2 calls", match: { kind: "tool" as const } }];
    const { runner, agent, sent, gate, fixture } = await mailer({ budgets });
    await runner.run(agent, "hi");
    expect(sent).toHaveLength(2);
    expect(toldOf(fixture).filter((told) => told.includes("budget_exceeded"))).toHaveLength(2);
    expect(await isAllSettled(gate)).toBe(true);
  });

  it("are booked if they ran, and give back what they held if not, where one of them stops the run", async () => {
    const verdict = (to: unknown): Verdict =>
      to === "eve" ? { decision: "deny", terminal: true, reason: "tampering" } : { decision: "allow" };
    const { runner, agent, sent, gate, provider } = await mailer({
      evaluators: [{ name: "rule", evaluate: ({ params }) => verdict(Object(params).to) }],
    });
    expect((await refusalOf(runner.run(agent, "hi"))).terminal).toBe(true);
    expect(sent).not.toContain("eve");
    expect(provider.count()).toBe(1);
    await expect.poll(() => isAllSettled(gate)).toBe(true);
    const endings = (await receiptsOf(gate)).flatMap((body) =>
      body.type === "settlement" ? body.outcome : [],
    );
    // The model's call, and each tool that ran.
    expect(endings.filter((outcome) => outcome === "settled")).toHaveLength(1 + sent.length);
  });
});
