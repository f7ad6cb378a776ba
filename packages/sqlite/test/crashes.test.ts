import { describe, expect, it } from "vitest";
import { crashRounds } from "./crash-rounds.ts";
import { tempFile } from "./temp-folder.ts";

describe("writers with leases that are killed at any moment, eight at a time", () => {
  it("lose and overspend nothing: what they granted and told to nobody has expired, and the books are even", async () => {
    const outcome = await crashRounds({
      path: tempFile(),
      rounds: 2,
      writers: 8,
      durability: "normal",
      slice: "$0.50",
    });
    expect(outcome.problems).toEqual([]);
    expect(outcome.verdict).toBe("authentic");
    expect(outcome.acknowledged).toBeGreaterThan(20);
  }, 240_000);
});

describe.each([
  ["full", 12],
  ["normal", 8],
] as const)("writers that are killed at any moment, with durability %s", (durability, rounds) => {
  it("lose nothing that was acknowledged, overspend nothing, and leave chains that verify", async () => {
    const outcome = await crashRounds({ path: tempFile(), rounds, durability });
    expect(outcome.problems).toEqual([]);
    expect(outcome.verdict).toBe("authentic");
    expect(outcome.acknowledged).toBeGreaterThan(rounds * 10);
  }, 240_000);
});
