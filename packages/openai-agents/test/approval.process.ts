// A process of its own that resumes a RunState, as often as it is told to, and prints what came of it:
//
//   node approval.process.ts <provider> <run> <state> <how often>
import { Agent, Runner, RunState, setTracingDisabled, tool } from "@openai/agents";
import { createGate, findDenial } from "@tollgate/core";
import OpenAI from "openai";
import * as z from "zod";
import { gateModelProvider, gateTools } from "../src/index.ts";
import { openaiProvider } from "./surfaces.ts";

setTracingDisabled(true);
const [baseURL = "", id = "", state = "", times = "1"] = process.argv.slice(2);
const gate = createGate({
  evaluators: [
    {
      name: "rule",
      evaluate: ({ kind }) =>
        kind === "tool" ? { decision: "require_approval", reason: "is it wanted?" } : { decision: "allow" },
    },
  ],
});
const run = gate.run({ id, tenant: "acme", user: "alice" });
const sent: string[] = [];
const send = tool({
  name: "send",
  description: "Sends a mail.",
  parameters: z.object({ to: z.string() }),
  execute: ({ to }) => `mail ${sent.push(to)} to ${to}`,
});
const agent = new Agent({
  name: "mailer",
  model: "gpt-4o",
  tools: gateTools([send], run, { approvedBy: "carol" }),
});
const client = new OpenAI({ baseURL, apiKey: "none" });
const runner = new Runner({ modelProvider: gateModelProvider(openaiProvider("Responses", client), run) });

const results: unknown[] = [];
for (let time = 0; time < Number(times); time++) {
  const resumed = await RunState.fromString(agent, state);
  const result = await runner.run(agent, resumed).then(
    ({ finalOutput }) => finalOutput,
    (error: unknown) => findDenial(error)?.refusal.reasonCode ?? String(error),
  );
  results.push(result);
}
const approvals = await gate.approvals.list({ status: "all" });
console.log(
  JSON.stringify({
    sent,
    results,
    approvals: approvals.map(({ status, answer }) => `${status} by ${answer?.by}`),
  }),
);
