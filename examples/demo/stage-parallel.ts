import { gateModel } from "@tollgate/ai-sdk";
import { findDenial } from "@tollgate/core";
import { generateText } from "ai";
import { balanceOf, callCost, maxOutputTokens, type OfflineDemo } from "./demo.ts";
import { incidentLog } from "./incident-log.ts";
import { money } from "./money.ts";

/** A hundred calls at the same moment, of which none has cost anything yet when the others are decided. */
export async function parallelCalls({ gate, openai, server, screen, watch }: OfflineDemo): Promise<void> {
  screen.headline(
    "2. A hundred calls at once",
    "Whoever only adds up what has been spent lets all of them through: nothing is spent yet. The gate " +
      "reserves what a call can cost before it goes out.",
  );
  const table = watch();
  const run = gate.run({ session: "parallel" });
  const model = gateModel(openai("gpt-4o"), run);
  const calls = Array.from({ length: 100 }, () =>
    generateText({ model, prompt: incidentLog, maxOutputTokens }),
  );
  const results = await Promise.allSettled(calls);
  table.end();

  const refused = results.filter(
    (result) =>
      result.status === "rejected" && findDenial(result.reason)?.refusal.reasonCode === "budget_exceeded",
  ).length;
  const answered = results.filter(({ status }) => status === "fulfilled").length;
  const { spent, held } = await balanceOf(gate, "parallel");
  const seen = server.requests();
  screen.verdict(answered === 5 && refused === 95, `${answered} answered, ${refused} refused by the budget`);
  screen.verdict(spent === 5n * callCost && held === 0n, `spent ${money(spent)} of $1.00`);
  screen.verdict(seen === 5, `requests seen by the server: ${seen}`);
}
