import { InvalidAction } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { isUnbilled } from "./unbilled.ts";

describe("a failed call", () => {
  it("is free when it was refused on the way, or by its provider", () => {
    expect(isUnbilled(new InvalidAction("no"))).toBe(true);
    expect(isUnbilled(Object.assign(new Error("busy"), { status: 429 }))).toBe(true);
  });

  it("is not free for any other reason", () => {
    expect(isUnbilled(new Error("aborted"))).toBe(false);
  });
});
