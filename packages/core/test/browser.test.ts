import { createContext, Script } from "node:vm";
import type { PublicJwk } from "@tollgate/core";
import { verifyChain } from "@tollgate/core/verify";
import { rolldown } from "rolldown";
import { beforeAll, describe, expect, it } from "vitest";

/** What a page does with core: decide, settle, be refused, verify. */
const page = `
  import { createGate, createSigner, findDenial, gateBudget, staticPrices } from "@tollgate/core";
  import { verifyChain } from "@tollgate/core/verify";

  export async function visit(seed) {
    let now = Date.UTC(2026, 0, 1);
    const signer = createSigner({ seed });
    const gate = createGate({
      signer,
      chain: "page",
      clock: { now: () => now++, setTimer: () => 0, clearTimer: () => undefined },
      prices: staticPrices({ models: { big: { input: "$10", output: "$20" } } }),
      budgets: [{ id: "daily", limit: "$1.00", per: "day", by: ["user"], timeZone: "Europe/Berlin" }],
    });
    const run = gate.run({ user: "alice", id: "r" });
    const action = { kind: "llm", name: "big", params: { prompt: "hi" }, amounts: { usd: "$0.60" } };
    const permit = await gateBudget(run, action);
    await permit.settle();
    const denial = await gateBudget(run, action).catch(findDenial);
    let withRun = "works";
    try { gate.withRun(run, () => 1); } catch (error) { withRun = error.message; }
    const receipts = [];
    for await (const receipt of gate.receipts()) receipts.push(receipt);
    const report = await verifyChain(receipts, { keys: [gate.publicKey] });
    return JSON.stringify({ verdict: report.verdict, denial: denial.message, withRun, receipts, key: gate.publicKey });
  }
`;

/** Only what every browser has: no process, no Buffer, no require. */
function browserGlobals(): Record<string, unknown> {
  return {
    TextEncoder,
    TextDecoder,
    URL,
    AbortController,
    AbortSignal,
    ReadableStream,
    setTimeout,
    clearTimeout,
    queueMicrotask,
    crypto: { getRandomValues: (array: Uint8Array) => globalThis.crypto.getRandomValues(array) },
  };
}

describe("core in a browser", () => {
  let code = "";

  beforeAll(async () => {
    const bundle = await rolldown({
      input: "virtual:page",
      platform: "browser",
      resolve: { conditionNames: ["tollgate-source", "browser", "import", "default"] },
      plugins: [
        {
          name: "page",
          resolveId: (id) => (id === "virtual:page" ? `${import.meta.dirname}/page.js` : null),
          load: (id) => (id.endsWith("/page.js") ? page : null),
        },
      ],
    });
    const { output } = await bundle.generate({ format: "iife", name: "tollgate" });
    code = output[0].code;
    await bundle.close();
  });

  it("needs no Node built-in", () => {
    expect(code).not.toMatch(/["']node:/);
    expect(code).not.toMatch(/\brequire\(/);
  });

  it("decides, refuses and verifies; Node verifies what the browser signed", async () => {
    const context = createContext(browserGlobals());
    new Script(`${code}; globalThis.tollgate = tollgate;`).runInContext(context);
    const visit = context.tollgate.visit as (seed: Uint8Array) => Promise<string>;
    const seen = JSON.parse(await visit(new Uint8Array(32).fill(7)));
    expect(seen.verdict).toBe("authentic");
    expect(seen.denial).toMatch(
      /budget "daily" \(user=alice\) has \$0\.40 left of \$1\.00 until 2026-01-01T23:00/,
    );
    expect(seen.withRun).toMatch(/needs AsyncLocalStorage/);
    const report = await verifyChain(seen.receipts, { keys: [seen.key as PublicJwk] });
    expect(report).toMatchObject({ verdict: "authentic", receipts: 4 });
  });
});
