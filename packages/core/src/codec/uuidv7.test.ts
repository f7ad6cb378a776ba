import { describe, expect, it } from "vitest";
import { createIds } from "./uuidv7.ts";

describe("ids", () => {
  it("have version 7, the RFC's variant and the time given", () => {
    const newId = createIds();
    for (const now of [0, 1, 1_645_557_742_000, 2 ** 48 - 1]) {
      const id = newId(now);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(now);
    }
  });

  it("never repeat, across refills and generators", () => {
    const generators = [createIds(), createIds()];
    const ids = Array.from({ length: 5000 }, (_, index) => generators[index % 2]?.(1_700_000_000_000));
    expect(new Set(ids).size).toBe(5000);
  });

  it("are random in every bit that neither time, version nor variant takes", () => {
    const newId = createIds();
    let ones = 0n;
    let zeros = 0n;
    for (let round = 0; round < 200; round++) {
      const bits = BigInt(`0x${newId(0).replaceAll("-", "")}`);
      ones |= bits;
      zeros |= ~bits;
    }
    const random = ((1n << 12n) - 1n) * (1n << 64n) + ((1n << 62n) - 1n);
    expect(ones & random).toBe(random);
    expect(zeros & random).toBe(random);
  });
});
