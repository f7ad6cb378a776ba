import { strict as assert } from "node:assert";
import type { Surface } from "./adapter-driver.ts";
import { type AdapterRow, row } from "./adapter-row.ts";
import { costOf } from "./bench.ts";
import type { Reply } from "./mock-reply.ts";

const words = "one two three four five six seven eight nine ten eleven twelve";

/** How a call may end other than by being read to its end, and what the provider does meanwhile. */
const endings = {
  streamHalfRead: { text: words, paceMs: 1 },
  streamUnread: { text: words, paceMs: 1 },
  streamAborted: { text: words, ending: "silent" },
  timeout: { text: words, ending: "silent" },
} as const satisfies { readonly [Name in Surface]?: Reply };

/** What every unfinished call has to keep. */
export const streamRows: readonly AdapterRow[] = Object.entries(endings).flatMap(([name, reply]) => {
  const surface = name as keyof typeof endings;
  return [
    row(
      surface,
      "is booked with no less than its provider bills, and nothing stays held",
      "observes",
      { script: () => reply },
      async (perform, { provider }, books) => {
        await perform().catch(() => undefined);
        const { spent, settled, permitted } = await books();
        assert.ok(provider.count() >= 1);
        assert.equal(settled, provider.count());
        assert.equal(permitted, provider.count());
        assert.ok(spent >= provider.requests.reduce((sum, request) => sum + costOf(request), 0n));
      },
    ),
    row(
      surface,
      "reaches no provider when it is denied",
      "enforces",
      {
        script: () => reply,
        evaluators: [{ name: "rule", evaluate: () => ({ decision: "deny", reason: "not today" }) }],
      },
      async (perform, { provider }) => {
        await perform().catch(() => undefined);
        assert.equal(provider.count(), 0);
      },
    ),
  ];
});
