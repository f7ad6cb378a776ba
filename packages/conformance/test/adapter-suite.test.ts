import { describe, expect, it } from "vitest";
import { type Surface, surfaces } from "../src/adapter-driver.ts";
import { runRow, skipReason } from "../src/adapter-row.ts";
import { adapterConformance, adapterRows } from "../src/adapter-suite.ts";
import { bareAdapter, type Fault } from "./bare-adapter.ts";

// That it can be passed at all.
adapterConformance(bareAdapter());

/** Each fault with a row that must find it. */
const faults: Readonly<Record<Fault, readonly [Surface, RegExp]>> = {
  "stream is not gated": ["stream", /a denied call reaches no provider/],
  "settles nothing": ["generate", /what the provider says was used/],
  "settles a stream only when it was read to its end": ["streamHalfRead", /no less than its provider bills/],
  "takes unknown usage for nothing": ["generate", /never as nothing/],
  "gives the money back after every error": ["generate", /connection is cut/],
  "drops cached tokens": ["generate", /at their own rates/],
  "knows an attempt by its prompt": ["agent", /twenty steps/],
  "lets calls through when the gate cannot decide": ["generate", /cannot decide/],
  "looks at the balance instead of reserving": ["generate", /ten calls at once/],
  "gates a call once for all its retries": ["retry", /each attempt is decided/],
  "sends what was asked and not what was decided": ["generate", /a lower output limit goes out/],
  "hides the refusal": ["generate", /its caller finds the refusal/],
  "retries a refusal": ["generate", /is not retried/],
  "tools are not gated": ["agent", /a denied tool does not run/],
  "goes on after a stop": ["agent", /stops the run ends it/],
  "takes an approval twice": ["approval", /exactly once/],
};

describe.concurrent("the suite fails an adapter that", () => {
  it.each(Object.entries(faults))("%s", async (fault, [surface, rule]) => {
    const driver = bareAdapter(fault as Fault);
    const row = adapterRows.find((row) => row.surface === surface && rule.test(row.rule));
    expect(row).toBeDefined();
    await expect(runRow(row!, driver, 3_000)).rejects.toThrow();
  });
});

describe("the suite", () => {
  it("asks something of every surface", () => {
    expect(new Set(adapterRows.map(({ surface }) => surface))).toEqual(new Set(Object.keys(surfaces)));
  });

  it("asks each thing once", () => {
    const names = adapterRows.map(({ surface, rule }) => `${surface}: ${rule}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it("says why it does not ask what an adapter does not cover, and how to close it", () => {
    const driver = bareAdapter();
    const row = adapterRows.find(({ surface }) => surface === "batch");
    expect(skipReason(row!, driver)).toBe("not covered: fetch alone; to close it: use a framework");
  });

  it("does not ask an observer to refuse", async () => {
    const { surfaces, ...rest } = bareAdapter();
    const { generate } = surfaces;
    if (generate.coverage !== "enforces") throw new Error("unexpected");
    const observer = { ...generate, coverage: "observes", why: "too late", close: "ask earlier" } as const;
    const driver = { ...rest, surfaces: { ...surfaces, generate: observer } };
    const asked = adapterRows.filter((row) => row.surface === "generate" && skipReason(row, driver) === null);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.every(({ needs }) => needs === "observes")).toBe(true);
  });
});
