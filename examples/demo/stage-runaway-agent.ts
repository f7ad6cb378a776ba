import { gateModel, gateTools } from "@tollgate/ai-sdk";
import { findDenial } from "@tollgate/core";
import { isStepCount, ToolLoopAgent, tool } from "ai";
import * as z from "zod";
import { balanceOf, callCost, maxOutputTokens, type OfflineDemo } from "./demo.ts";
import { incidentLog } from "./incident-log.ts";
import { money } from "./money.ts";

/** An agent whose tool keeps failing and whose model keeps asking for it. */
export async function runawayAgent({ gate, openai, server, screen, watch }: OfflineDemo): Promise<void> {
  screen.headline(
    "1. A runaway agent",
    "A tool keeps failing and the model keeps asking for it. The agent wants 100 steps; each model call " +
      "costs $0.18; the budget is $1.00.",
  );
  const table = watch();
  const restartService = tool({
    description: "Restarts a service of the shop.",
    inputSchema: z.object({ service: z.string() }),
    execute: async ({ service }): Promise<string> => {
      table.note(`restart of ${service} fails: 503`);
      throw new Error("503: the cluster does not answer, try again");
    },
  });

  const run = gate.run({ session: "runaway-agent" });
  const agent = new ToolLoopAgent({
    model: gateModel(openai("gpt-4o"), run),
    tools: gateTools({ restart_service: restartService }, run),
    instructions: "You are on call for a shop. Find out what is wrong and repair it. Never give up.",
    stopWhen: isStepCount(100),
    maxOutputTokens,
  });
  const denial = await agent.generate({ prompt: incidentLog }).then(() => null, findDenial);
  table.end();

  screen.say(`The agent got: ${denial?.message ?? "no refusal"}`);
  const { spent, held } = await balanceOf(gate, "runaway-agent");
  const seen = server.requests();
  screen.verdict(
    denial?.refusal.reasonCode === "budget_exceeded" && spent === 5n * callCost && held === 0n,
    `stopped before call 6, at ${money(spent)} of $1.00`,
  );
  screen.verdict(seen === 5, `requests seen by the server: ${seen}`);
}
