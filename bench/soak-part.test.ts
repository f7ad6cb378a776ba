import { expect, it } from "vitest";
import { runPart } from "./soak-part.ts";

const script = "packages/sqlite/test/soak.process.ts";

it("a part of the soak tells what came of it", async () => {
  const { told, failed } = await runPart({ name: "sqlite", script, args: ["--rounds", "1"] }, true);
  expect(failed).toBeNull();
  expect(told).toMatchObject([
    { durability: "full", verdict: "authentic", problems: [] },
    { durability: "normal", verdict: "authentic", problems: [] },
    { durability: "normal", writers: 8, slice: "$0.50", verdict: "authentic", problems: [] },
  ]);
}, 240_000);

it("a part of the soak that breaks off has failed", async () => {
  const part = { name: "sqlite", script: "bench/no-such-part.ts", args: [] };
  expect(await runPart(part, true)).toEqual({ told: [], failed: "exited with 1" });
});
