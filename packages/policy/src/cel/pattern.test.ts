import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pattern } from "./pattern.ts";
import { Meter } from "./scope.ts";

const found = (source: string, text: string): boolean => new Pattern(source).isIn(text, new Meter(1_000_000));

describe("a pattern", () => {
  const piece = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\d", "\\W", "[a-c1-3_]", "\\.", "é", "😀");
  const sequence: fc.Arbitrary<string> = fc.letrec<{ node: string; one: string }>((tie) => ({
    one: fc.oneof(
      { maxDepth: 1 },
      piece,
      tie("node").map((inner) => `(${inner})`),
      tie("node").map((inner) => `(?:${inner})`),
    ),
    node: fc
      .array(
        fc.tuple(tie("one"), fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "+?")),
        {
          minLength: 1,
          maxLength: 3,
        },
      )
      .map((parts) => parts.map(([one, times]) => one + times).join("")),
  })).node;
  const pattern = fc
    .tuple(fc.boolean(), fc.array(sequence, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([begins, parts, ends]) => `${begins ? "^" : ""}(${parts.join("|")})${ends ? "$" : ""}`);
  const text = fc.array(fc.constantFrom("a", "b", "c", "1", ".", "_", " ", "é", "😀"), { maxLength: 6 });

  // Small ones: the engine's own expressions take exponential time for larger ones.
  it("is found where the engine's own expressions find it", () => {
    fc.assert(
      fc.property(pattern, text, (source, chars) => {
        const subject = chars.join("");
        expect(found(source, subject)).toBe(new RegExp(source, "u").test(subject));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["(?i)invoice", "An INVOICE", true],
    ["(?i)[a-c]+$", "xyzABC", true],
    ["^$", "", true],
    ["^$", "a", false],
    ["a$|^b", "cb", false],
    ["^(https?)://[\\w.-]+(:\\d{1,5})?/", "http://a.b:80/x", true],
    ["[\\]\\-]", "-", true],
    ["[a-]", "-", true],
    ["\\*\\{", "*{", true],
  ])("%s in %j: %s", (source, subject, answer) => {
    expect(found(source, subject)).toBe(answer);
  });

  it.each([
    "(a",
    "a)",
    "[a",
    "a**",
    "*a",
    "a{2",
    "a{200}",
    "a{3,2}",
    "\\b",
    "\\1",
    "(?<n>a)",
    "[[a]",
    "[b-a]",
    "^*",
    "(a{100}){100}",
  ])("%s is refused", (source) => {
    expect(() => new Pattern(source)).toThrow();
  });

  it("keeps little of what texts it meets", () => {
    const wide = new Pattern("[^a]{40}b");
    const meter = new Meter(100_000_000);
    for (let code = 0x1000; code < 0x6000; code += 64) {
      const chars = Array.from({ length: 64 }, (_, index) => String.fromCodePoint(code + index)).join("");
      expect(wide.isIn(chars, meter)).toBe(false);
    }
  });
});
