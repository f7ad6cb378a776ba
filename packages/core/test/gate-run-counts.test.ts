import type { EvaluationContext } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { describe, expect, it } from "vitest";
import { gateFixture, tool } from "./gate-fixture.ts";

type Told = EvaluationContext["run"];

/** A gate whose evaluator tells what it was told of the run, and refuses what is named `no`. */
function telling(): { told: Told[] } & ReturnType<typeof gateFixture> {
  const told: Told[] = [];
  const fixture = gateFixture({
    evaluators: [
      evaluator("teller", ({ name }, { run }) => {
        told.push(run);
        return name === "no" ? { decision: "deny", reason: "no" } : { decision: "allow" };
      }),
    ],
  });
  return { told, ...fixture };
}

describe("what evaluators are told of a run", () => {
  it("is true over all handles of its id, and its children", async () => {
    const { gate, clock, told } = telling();
    const startedAt = clock.now();
    const first = gate.run({ id: "r-1" });
    clock.advance(1000);
    const second = gate.run({ id: "r-1" });
    for (const [run, name] of [
      [first, "a"],
      [second, "no"],
      [second.child({ agent: "helper" }), "b"],
    ] as const) {
      await gate.decide(tool(name), { run });
    }
    await gate.decide(tool("a"), { run: gate.run({ id: "r-2" }) });
    expect(told.map(({ root, steps, calls }) => [root, steps, calls])).toEqual([
      ["r-1", 1, 0],
      ["r-1", 2, 1],
      ["r-1", 3, 1],
      ["r-2", 1, 0],
    ]);
    expect(told.map(({ startedAt: at }) => at - startedAt)).toEqual([0, 0, 0, 1000]);
  });

  it("tells actions that are asked for at once apart, in their order", async () => {
    const { gate, told } = telling();
    const run = gate.run();
    await Promise.all(["a", "b", "c"].map((name) => gate.decide(tool(name), { run })));
    expect(told.map(({ steps }) => steps).sort()).toEqual([1, 2, 3]);
  });

  it("counts how often the very same action was asked for, let through or not", async () => {
    const { gate, told } = telling();
    for (const [id, name, params] of [
      ["r-1", "no", { q: 1 }],
      ["r-1", "no", { q: 1 }],
      ["r-1", "no", { q: 2 }],
      ["r-2", "no", { q: 1 }],
      ["r-1", "no", { q: 1 }],
    ] as const) {
      await gate.decide({ kind: "tool", name, params }, { run: gate.run({ id }) });
    }
    expect(told.map(({ repeats }) => repeats)).toEqual([1, 2, 1, 1, 3]);
  });

  it("does not count again what is judged again, or what a key answers again", async () => {
    const { gate, told } = telling();
    const run = gate.run();
    const action = { ...tool("a"), key: "once" };
    const [decision] = await Promise.all([gate.decide(action, { run }), gate.decide(action, { run })]);
    await decision.permit?.settle();
    await gate.decide(tool("b"), { run });
    expect(told.map(({ steps, repeats }) => [steps, repeats])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it("adds up what calls were settled at, not what was held or released", async () => {
    const { gate, told } = telling();
    const run = gate.run({ id: "r-1" });
    const settle = async (usd: bigint): Promise<void> => {
      const { permit } = await gate.decide({ ...tool("a"), amounts: { usd: "$0.50" } }, { run });
      await permit?.settle({ amounts: { usd } });
    };
    await settle(200_000_000n);
    await settle(700_000_000n);
    const { permit } = await gate.decide({ ...tool("a"), amounts: { usd: "$0.50" } }, { run });
    await permit?.release("not sent");
    await gate.decide(tool("a"), { run: gate.run({ id: "r-1" }) });
    expect(told.map(({ spent }) => spent)).toEqual([0n, 200_000_000n, 900_000_000n, 900_000_000n]);
  });
});
