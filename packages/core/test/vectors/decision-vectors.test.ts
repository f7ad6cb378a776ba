import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/codec/json.ts";
import type { PublicJwk } from "../../src/receipt/receipt.ts";
import { replayBalances } from "../../src/receipt/replay-balances.ts";
import { verifyChain } from "../../src/receipt/verify-chain.ts";
import { playScenario } from "./play-scenario.ts";
import { readVectors, runVectors } from "./read-vectors.ts";
import type { Scenario } from "./scenario.ts";

describe("the published corpus of decisions", () => {
  it("comes out the same on a gate", async () => {
    await runVectors("decisions", {
      Decisions: async (test) => {
        const played = await playScenario({ ...test, last: "" } as unknown as Scenario);
        const steps = test.steps as unknown as readonly JsonObject[];
        expect(played.expected, test.comment).toEqual(steps.map(({ expected = null }) => expected));
        expect(played.balances, test.comment).toEqual(test.balances);
        return played.last;
      },
    });
  });

  it("comes with receipts that are authentic and replay to the balances", async () => {
    for (const { jwk, tests } of readVectors("decisions").testGroups) {
      for (const { receipts, balances, comment } of tests) {
        const lines = receipts as unknown as readonly string[];
        const report = await verifyChain(lines, { keys: [jwk as PublicJwk] });
        expect([report.verdict, report.receipts], comment).toEqual(["authentic", lines.length]);
        const replayed = (await replayBalances(lines)).map(({ spent, held, ...rest }) => ({
          ...rest,
          spent: `${spent}`,
          held: `${held}`,
        }));
        const expected = (balances as unknown as readonly JsonObject[]).map(({ limit, ...rest }) => rest);
        expect(replayed, comment).toEqual(expect.arrayContaining(expected));
        expect(replayed, comment).toHaveLength(expected.length);
      }
    }
  });
});
