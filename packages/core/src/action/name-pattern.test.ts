import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidConfig } from "../errors.ts";
import { namePattern } from "./name-pattern.ts";

describe("a name pattern", () => {
  it("matches an exact name and nothing longer or shorter", () => {
    const match = namePattern(["gpt-4o"], "names");
    expect(match("gpt-4o")).toBe("gpt-4o");
    expect(match("gpt-4o-mini")).toBeNull();
    expect(match("gpt-4")).toBeNull();
  });

  it("matches the beginning before a star, the beginning alone included", () => {
    const match = namePattern(["send_*"], "names");
    expect(match("send_money")).toBe("send_*");
    expect(match("send_")).toBe("send_*");
    expect(match("resend_money")).toBeNull();
  });

  it("matches every name with a star alone", () => {
    const match = namePattern(["*"], "names");
    expect(match("")).toBe("*");
    expect(match("anything")).toBe("*");
  });

  it("prefers the exact name, then the longer beginning, in whatever order they are given", () => {
    const patterns = ["*", "send_*", "send_money", "send_m*"];
    fc.assert(
      fc.property(fc.shuffledSubarray(patterns, { minLength: 4 }), (shuffled) => {
        const match = namePattern(shuffled, "names");
        expect(match("send_money")).toBe("send_money");
        expect(match("send_mail")).toBe("send_m*");
        expect(match("send_x")).toBe("send_*");
        expect(match("read")).toBe("*");
      }),
    );
  });

  it("minds case", () => {
    expect(namePattern(["Send_*"], "names")("send_x")).toBeNull();
  });

  it("matches nothing when there are no patterns", () => {
    expect(namePattern([], "names")("x")).toBeNull();
  });

  it("takes names that mean something to JavaScript as plain names", () => {
    const match = namePattern(["toString"], "names");
    expect(match("constructor")).toBeNull();
    expect(match("__proto__")).toBeNull();
    expect(match("toString")).toBe("toString");
  });

  it.each([
    ["an empty pattern", ["ok", ""], "names[1]"],
    ["a star before the end", ["a*b"], "names[0]"],
    ["two stars", ["a**"], "names[0]"],
    ["the same pattern twice", ["a", "b*", "b*"], "names[2]"],
    ["a number", [7 as unknown as string], "names[0]"],
    ["text instead of a list", "send_*" as unknown as string[], "names"],
  ])("refuses %s and says where", (_, patterns, field) => {
    expect(() => namePattern(patterns, "names")).toThrow(
      expect.objectContaining({ constructor: InvalidConfig, field }),
    );
  });
});
