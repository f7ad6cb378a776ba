import type { Permit } from "@tollgate/core";
import { manualClock } from "@tollgate/core/testing";
import { describe, expect, it } from "vitest";
import { OpenCalls } from "./open-calls.ts";

/** A permit that writes down what is done with it. */
function watched() {
  const done: string[] = [];
  const permit: Partial<Permit> = {
    hold: () => {
      done.push("hold");
      return () => done.push("let go");
    },
    settle: async () => {
      done.push("settle");
      return { outcome: "settled", charges: [], late: false, receipt: null };
    },
  };
  return { permit: permit as Permit, done };
}

describe("an open call", () => {
  it("is let go, but left open, when nothing was ever heard of it", () => {
    const clock = manualClock();
    const calls = new OpenCalls(1000, clock);
    const { permit, done } = watched();
    calls.open("a", permit);
    clock.advance(999);
    expect(done).toEqual(["hold"]);
    clock.advance(1);
    expect(done).toEqual(["hold", "let go"]);
    expect(calls.take("a")).toBe(permit);
  });

  it("is booked when it has been silent after something was heard of it", () => {
    const clock = manualClock();
    const calls = new OpenCalls(1000, clock);
    const { permit, done } = watched();
    calls.open("a", permit);
    clock.advance(900);
    calls.alive("a");
    clock.advance(900);
    expect(done).toEqual(["hold"]);
    clock.advance(100);
    expect(done).toEqual(["hold", "let go", "settle"]);
    expect(calls.take("a")).toBeNull();
  });

  it("is left alone once it is taken", () => {
    const clock = manualClock();
    const calls = new OpenCalls(1000, clock);
    const { permit, done } = watched();
    calls.open("a", permit);
    expect(calls.take("a")).toBe(permit);
    calls.alive("a");
    clock.advance(5000);
    expect(done).toEqual(["hold"]);
    expect(calls.take("a")).toBeNull();
  });
});
