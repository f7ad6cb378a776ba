import { describe, expect, it } from "vitest";
import { sampleLog, TestChain } from "../../test/sample-log.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import { readReceipt } from "./receipt-schema.ts";
import { plainReceiptLength } from "./receipt-shape.ts";
import { readReceiptText } from "./receipt-text.ts";

const isPlainReceipt = (value: unknown): boolean => plainReceiptLength(value) >= 0;

type Tree = null | boolean | number | string | Tree[] | { [name: string]: Tree };

const odd: readonly Tree[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  0,
  1,
  "",
  " ",
  "a",
  "A-b",
  "01",
  "9223372036854775807",
  "9223372036854775808",
  "12345678901234567890",
  "x".repeat(1025),
  "allow",
  "2026-02-29T12:00:00.000Z",
  "2025-02-28T24:00:00.000Z",
  "2025-04-31T12:00:00.000Z",
  "2025-12-31T23:59:59.999Z",
  "2025-12-31T23:59:60.000Z",
  "2025-13-01T00:00:00.000Z",
  "sha256:00",
  "lone \ud800",
  [],
  {},
  [null],
  { "": 1 },
];

/** Every tree that differs from `tree` at one place, in a value or in the members that are there. */
function* changed(tree: Tree): Generator<Tree> {
  yield* odd;
  if (typeof tree === "string") yield* [`${tree}x`, `${tree}\n`, tree.slice(0, -1), tree.toUpperCase()];
  if (Array.isArray(tree)) {
    yield [...tree, 1];
    for (const [index, item] of tree.entries()) {
      for (const other of changed(item)) yield tree.with(index, other);
    }
  } else if (typeof tree === "object" && tree !== null) {
    const members = Object.entries(tree);
    for (const [index, [name, member]] of members.entries()) {
      yield Object.fromEntries(members.toSpliced(index, 1));
      yield Object.fromEntries(members.with(index, [`${name}x`, member]));
      yield Object.fromEntries([...members.toSpliced(index, 1), [name, member]]);
      for (const other of changed(member)) yield Object.fromEntries(members.with(index, [name, other]));
    }
    yield Object.fromEntries([...members, ["zz", 1]]);
    yield JSON.parse(JSON.stringify(tree).replace("{", '{"__proto__":1,').replace(",}", "}"));
  }
}

describe("the fast way to yes", () => {
  const samples = sampleLog().map((line): Tree => JSON.parse(line));

  it("is taken by receipts of every type, with every member", () => {
    const types = samples.map((sample) => (sample as { body: { type: string } }).body.type);
    expect(new Set(types).size).toBe(8);
    for (const sample of samples) expect(isPlainReceipt(sample), JSON.stringify(sample)).toBe(true);
  });

  it("never leads to another answer than the schema and the canonical form give", () => {
    let [yes, no] = [0, 0];
    for (const sample of samples) {
      for (const other of changed(sample)) {
        // As they come from a text.
        const value: unknown = JSON.parse(JSON.stringify(other));
        if (!isPlainReceipt(value)) {
          no += 1;
          continue;
        }
        yes += 1;
        const text = JSON.stringify(value);
        expect(readReceipt(value), text).toMatchObject({ status: "ok" });
        if (!text.includes("\\ud")) expect(canonicalJson(value, "receipt")).toBe(text);
      }
    }
    expect(yes).toBeGreaterThan(300);
    expect(no).toBeGreaterThan(10_000);
  });

  it("is no for February 29th only, which the schema finds on the calendar", () => {
    const close = samples.at(-1) as { body: { [name: string]: Tree } };
    for (let day = 0; day < 366; day++) {
      const time = new Date(Date.UTC(2028, 0, 1 + day, 12)).toISOString();
      const value = { ...close, body: { ...close.body, time } };
      expect(readReceipt(value).status).toBe("ok");
      expect(isPlainReceipt(value), time).toBe(!time.startsWith("2028-02-29"));
    }
  });

  /** What the slow way says of a text. */
  function slowly(text: string): string {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return "not_json";
    }
    const reading = readReceipt(value);
    if (reading.status !== "ok") return reading.status;
    try {
      return canonicalJson(value, "receipt") === text ? "ok" : "not_canonical";
    } catch {
      return "not_canonical";
    }
  }

  function expectSame(text: string): string {
    const read = readReceiptText(text);
    const result = "reason" in read ? read.reason : "ok";
    expect(result, text).toBe(slowly(text));
    return result;
  }

  it("takes no text but the canonical one, wherever white space is put in", () => {
    for (const line of sampleLog().slice(0, 8)) {
      expect(expectSame(line)).toBe("ok");
      for (let at = 0; at <= line.length; at++) {
        for (const space of [" ", "\n"]) expectSame(line.slice(0, at) + space + line.slice(at));
      }
    }
  });

  it("takes no text but the canonical one, however a number is written", () => {
    const chain = new TestChain("main");
    const stop = { type: "stop", run: "run-1", reason: "it: 1.5 – enough" };
    for (const seq of [0, 1, 10, 100, 1000, 1_000_000]) {
      const line = chain.add({ ...stop, seq });
      expect(expectSame(line)).toBe("ok");
      const forms = [
        `${seq}.0`,
        `${seq}e0`,
        `${seq}E+0`,
        `-${seq}`,
        `0${seq}`,
        `${seq / 10}e1`,
        `${seq / 1000}E3`,
      ];
      const short = `${seq}`.replace(/0+$/, (zeros) => `e${zeros.length}`);
      for (const form of [...forms, short, short.toUpperCase()]) {
        for (const before of ["", " ", "  "]) {
          for (const after of ["", " ", "\t\t"]) {
            const other = line.replace(`"seq":${seq}`, `"seq"${before}:${after}${form}`);
            expect(other === line || expectSame(other) !== "ok", other).toBe(true);
            expectSame(other.replace('"run":', '"run":"x","run":'));
          }
        }
      }
    }
  });

  it("takes no text but the canonical one, whatever is escaped or only half a character", () => {
    const chain = new TestChain("main");
    for (const reason of ["plain", 'a "quote"', "\u{1f50c}", "tab\tand \\ud800", "\u2028", "é"]) {
      const line = chain.add({ type: "stop", run: "run-1", reason });
      expect(expectSame(line)).toBe("ok");
      for (const [from, to] of [
        ["run-1", "\\u0072un-1"],
        ["run-1", "run\\/1"],
        ["run-1", "run\\u002d1"],
        ["run-1", "run-\\ud800"],
        ["run-1", "run-\\uD83D\\uDD0C"],
        ["run-1", "run-\ud800"],
        ["run-1", "run-\ud83d"],
        ["run-1", "run-\u0001"],
      ] as const) {
        expect(expectSame(line.replace(from, to)), to).not.toBe("ok");
      }
    }
  });
});
