import { gateModel } from "@tollgate/ai-sdk";
import { findDenial } from "@tollgate/core";
import { generateText } from "ai";
import { balanceOf, type Demo } from "./demo.ts";
import { money } from "./money.ts";

/** The same gate in front of OpenAI itself: up to five small calls, and one cent at most. */
export async function liveCalls({ gate, openai, screen, watch }: Demo): Promise<void> {
  screen.headline(
    "Live at OpenAI",
    "Up to five calls of gpt-4o-mini; the budget is $0.01, and prices come from the built-in catalogue.",
  );
  const table = watch();
  const model = gateModel(openai("gpt-4o-mini"), gate.run({ session: "live" }));
  let refusal: string | null = null;
  for (let call = 1; call <= 5 && refusal === null; call++) {
    try {
      const { text } = await generateText({
        model,
        prompt: `In one sentence: what is the number ${call} for?`,
      });
      table.note(text);
    } catch (error) {
      const denial = findDenial(error);
      if (denial === null) throw error;
      refusal = denial.message;
    }
  }
  table.end();
  if (refusal !== null) screen.say(refusal);
  const { spent, held } = await balanceOf(gate, "live");
  screen.verdict(held === 0n, "nothing is held any more");
  screen.verdict(spent > 0n && spent <= 10_000_000n, `spent ${money(spent)} of $0.01`);
}
