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

  it("is found in either case where it says so, as the engine finds it", () => {
    const letters = fc.array(fc.constantFrom("a", "B", "A", "b", "C", "é", "É", "1", "_", " "), {
      maxLength: 6,
    });
    const classes = fc.constantFrom("[a-c]", "[^A]", "[\\Wb]", "[^\\d_]", "\\W", "[É1-3]", "[c-é]");
    fc.assert(
      fc.property(fc.oneof(pattern, classes), letters, (source, chars) => {
        const subject = chars.join("");
        expect(found(`(?i)${source}`, subject)).toBe(new RegExp(source, "iu").test(subject));
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

  it("costs the same for a text whatever came before it, and whether it was found", () => {
    const costOf = (pattern: Pattern, subject: string): number => {
      const spent: number[] = [];
      pattern.isIn(subject, { spend: (steps) => spent.push(steps) });
      return spent.reduce((sum, steps) => sum + steps, 0);
    };
    const sources = ["[ab]{3}c$", "(a|b|ab)*c", "(.{1,9}){9}z", "^a.*b.*c"];
    const words = fc.array(fc.string({ unit: "grapheme", maxLength: 200 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        fc.constantFrom(...sources),
        words,
        fc.string({ maxLength: 300 }),
        (source, before, subject) => {
          const used = new Pattern(source);
          for (const word of before) costOf(used, word + subject);
          expect(costOf(used, subject)).toBe(costOf(new Pattern(source), subject));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("forgets texts of ever new characters while it goes along", () => {
    const wide = new Pattern("([^a]{1,40}b){1,9}z");
    const meter = new Meter(1_000_000_000);
    const text = Array.from({ length: 20_000 }, (_, index) =>
      String.fromCodePoint(0x1000 + ((index * 7919) % 40_000)),
    );
    expect(wide.isIn(text.join(""), meter)).toBe(false);
    expect(wide.isIn(`${text.join("")}bz`, meter)).toBe(true);
  });
});
