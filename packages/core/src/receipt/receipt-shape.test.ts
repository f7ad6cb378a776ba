import { describe, expect, it } from "vitest";
import { sampleLog } from "../../test/sample-log.ts";
import { canonicalJson } from "../codec/canonical-json.ts";
import { readReceipt } from "./receipt-schema.ts";
import { isPlainReceipt } from "./receipt-shape.ts";

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
    expect(new Set(types).size).toBe(7);
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
});
