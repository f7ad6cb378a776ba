import { strict as assert } from "node:assert";
import type { Patch, Verdict } from "@tollgate/core";
import { benchModels, type Surface } from "./adapter-driver.ts";
import { type AdapterRow, refusalOf, row } from "./adapter-row.ts";
import { costOf } from "./bench.ts";
import type { ProviderRequest } from "./mock-reply.ts";

/** The surfaces whose calls a degrade may rewrite: text and structured output. */
const textCalls = [
  "generate",
  "stream",
  "object",
  "streamedObject",
  "namedModel",
] as const satisfies readonly Surface[];

const script = () => ({ text: '{"city":"Oslo"}' });

/** Rewrites each call to the dear model. */
const degrade = (patch: Patch) => ({
  script,
  evaluators: [
    {
      name: "thrift",
      evaluate: ({ name }: { readonly name: string }): Verdict =>
        name === benchModels.chat ? { decision: "degrade", patch, reason: "thrift" } : { decision: "allow" },
    },
  ],
});

/** What is decided is what goes out. */
export const enforcedRows: readonly AdapterRow[] = textCalls.flatMap((surface) => [
  row(
    surface,
    "a call without an output limit goes out with the one that is reserved for it",
    "enforces",
    { script },
    async (perform, { provider }) => {
      await perform();
      assert.equal(outputLimit(provider.requests[0]), 4096);
    },
  ),
  row(
    surface,
    "a degrade to a lower output limit goes out with it",
    "enforces",
    degrade({ maxOutputTokens: 64 }),
    async (perform, { provider }) => {
      await perform();
      assert.equal(outputLimit(provider.requests[0]), 64);
    },
  ),
  row(
    surface,
    "a degrade to another model goes to that one and is booked at its price, or the call is denied",
    "enforces",
    degrade({ model: benchModels.cheap }),
    async (perform, { provider }, books) => {
      const outcome = await perform().then(
        () => null,
        (error: unknown) => refusalOf(Promise.reject(error)),
      );
      const [request] = provider.requests;
      if (request === undefined) {
        assert.equal(outcome?.refusal.reasonCode, "degrade_failed");
        return;
      }
      assert.equal(request.model, benchModels.cheap);
      assert.equal((await books()).spent, costOf(request));
    },
  ),
  row(
    surface,
    "a degrade that cannot be applied goes nowhere",
    "enforces",
    degrade({ params: { something_unheard_of: true } }),
    async (perform, { provider }, books) => {
      assert.equal((await refusalOf(perform())).refusal.reasonCode, "degrade_failed");
      assert.equal(provider.count(), 0);
      assert.equal((await books()).spent, 0n);
    },
  ),
  row(
    surface,
    "a skipped call reaches no provider and costs nothing",
    "enforces",
    {
      script,
      evaluators: [
        {
          name: "skip",
          evaluate: () => ({ decision: "skip", reason: "known", result: '{"city":"Bergen"}' }),
        },
      ],
    },
    async (perform, { provider }, books) => {
      // Answered in the model's stead, or refused.
      await perform().catch((error: unknown) => refusalOf(Promise.reject(error)));
      assert.equal(provider.count(), 0);
      assert.equal((await books()).spent, 0n);
    },
  ),
]);

/** The output limit of a request, whichever of OpenAI's names it goes by. */
function outputLimit(request: ProviderRequest | undefined): unknown {
  const { max_tokens, max_completion_tokens, max_output_tokens } = request?.body ?? {};
  return max_tokens ?? max_completion_tokens ?? max_output_tokens;
}
