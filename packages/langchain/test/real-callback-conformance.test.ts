import type { Surface } from "@tollgate/conformance/adapter-driver";
import { adapterRows } from "@tollgate/conformance/adapter-suite";
import { describe, it, vi } from "vitest";
import { callbackSurfaces } from "./callback-surfaces.ts";

// LangChain writes to the console whatever a handler throws, also when it is meant to.
vi.spyOn(console, "error").mockImplementation(() => undefined);

/** The rules that ask for a call to be rewritten, which no LangChain callback can do. */
const rewriting: ReadonlySet<string> = new Set([
  "a call without an output limit goes out with the one that is reserved for it",
  "a degrade to a lower output limit goes out with it",
]);

// Each row has its own gate and provider, and some wait for LangChain to try again.
describe.concurrent("a model with nothing but gateCallback keeps the gate's rules", () => {
  for (const [surface, perform] of Object.entries(callbackSurfaces)) {
    describe(surface, () => {
      for (const row of adapterRows.filter((row) => row.surface === (surface as Surface))) {
        if (rewriting.has(row.rule)) it.skip(`${row.rule} (a callback cannot rewrite: gateModel does)`);
        else it(row.rule, () => row.check(perform));
      }
    });
  }
});
