import { expect, it } from "vitest";
import { manualClock } from "./manual-clock.ts";

it("tells whole milliseconds, also when a timer of a part of one falls due", () => {
  const clock = manualClock(0);
  const seen: number[] = [];
  clock.setTimer(() => seen.push(clock.now()), 20 / 3);
  clock.advance(6);
  expect(seen).toEqual([]);
  clock.advance(4);
  expect(seen).toEqual([7]);
  expect(clock.now()).toBe(10);
});
