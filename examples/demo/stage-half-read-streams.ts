import { setTimeout as sleep } from "node:timers/promises";
import { gateModel } from "@tollgate/ai-sdk";
import { streamText } from "ai";
import { balanceOf, callCost, maxOutputTokens, type OfflineDemo } from "./demo.ts";
import { incidentLog } from "./incident-log.ts";
import { money } from "./money.ts";

const session = "half-read-streams";

/** What becomes of each stream: eight are wanted, five fit. */
const readers = [
  ...["half read", "never read", "aborted", "half read", "never read"],
  ...["half read", "aborted", "never read"],
];

/** Streams that nobody reads to the end: the provider wants its money all the same. */
export async function halfReadStreams({ gate, openai, server, screen, watch }: OfflineDemo): Promise<void> {
  screen.headline(
    "3. Eight streams that nobody reads to the end",
    "A provider reports usage at the end of a stream. Whoever stops reading before never sees it, and books " +
      "nothing, or holds the money for ever. The gate reads on for them.",
  );
  const table = watch();
  const run = gate.run({ session });
  const streams = readers.map(async (agent) => {
    const abort = new AbortController();
    const { textStream } = streamText({
      model: gateModel(openai("gpt-4o"), run.child({ agent })),
      prompt: incidentLog,
      maxOutputTokens,
      abortSignal: abort.signal,
      // Refusals arrive here; the table has them from the receipts.
      onError() {},
    });
    if (agent === "never read") return;
    for await (const _text of textStream) {
      if (agent === "half read") break;
      abort.abort();
    }
  });
  await Promise.all(streams);
  // The server is still sending to those who have left.
  for (let waits = 0; waits < 1000 && table.calls.some(({ cost }) => cost === null); waits++) await sleep(50);
  table.end();

  const reported = table.calls.filter(({ source }) => source === "reported");
  const estimated = table.calls.filter(({ source }) => source === "estimated");
  const due = estimated.reduce((sum, { reserved }) => sum + reserved, callCost * BigInt(reported.length));
  const { spent, held } = await balanceOf(gate, session);
  const seen = server.requests();
  screen.verdict(held === 0n, `nothing leaks: ${money(held)} is still held`);
  screen.verdict(
    reported.length === 4 && reported.every(({ cost }) => cost === callCost),
    `${reported.length} booked at what the server reported, $0.18 each`,
  );
  screen.verdict(
    estimated.length === 1 && estimated.every(({ cost, reserved }) => cost === reserved),
    `${estimated.length} aborted, so nobody reports its usage: booked at what was reserved, never as free`,
  );
  screen.verdict(spent === due, `spent ${money(spent)} of $1.00, exactly the sum of these`);
  screen.verdict(seen === 5, `requests seen by the server: ${seen}`);
}
