import { describe, expect, it } from "vitest";
import { InvalidAction } from "../errors.ts";
import { readSubject } from "./read-subject.ts";

describe("a subject as its caller gave it", () => {
  it("is copied and frozen", () => {
    const given = {
      tenant: "acme",
      user: "alice",
      agent: "bot",
      role: "clerk",
      session: "s-1",
      capability: "data_write",
    };
    const subject = readSubject(given);
    expect(subject).toEqual(given);
    expect(subject).not.toBe(given);
    expect(Object.isFrozen(subject)).toBe(true);
  });

  it("keeps a field that is undefined, so that it takes away the run's", () => {
    expect({ user: "alice", ...readSubject({ user: undefined }) }).toEqual({ user: undefined });
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /the subject is not valid: expected an object/],
    ["null", null, /expected an object/],
    ["a name", "alice", /expected an object/],
    ["a list", ["alice"], /expected an object/],
    ["a field that nobody knows", { usr: "alice" }, /unknown member usr/],
    ["an empty field", { user: "" }, /user: expected a text of 1 to 256 characters/],
    ["a number", { tenant: 5 }, /tenant: /],
    ["an endless field", { session: "s".repeat(257) }, /session: /],
    ["half a character", { agent: "\udc00" }, /agent: /],
    ["null in a field", { role: null }, /role: /],
    ["an unknown capability", { capability: "root" }, /capability: expected one of read_only,/],
  ])("is refused with %s", (_, input, message) => {
    expect(() => readSubject(input)).toThrow(InvalidAction);
    expect(() => readSubject(input)).toThrow(message);
  });
});
