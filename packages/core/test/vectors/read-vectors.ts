import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { VectorGroup, VectorTest } from "./vector-file.ts";

/** A case of a committed file. */
export interface NumberedTest extends VectorTest {
  readonly tcId: number;
}

/** A committed file of vectors. */
export interface VectorFile {
  readonly schema: string;
  readonly numberOfTests: number;
  readonly notes: Readonly<Record<string, { readonly description: string }>>;
  readonly testGroups: readonly (VectorGroup & { readonly tests: readonly NumberedTest[] })[];
}

/** The folder that is published. */
export const vectorFolder: URL = new URL("../../../../test_vectors/", import.meta.url);

/** Reads a committed file. */
export function readVectors(name: string): VectorFile {
  return JSON.parse(readFileSync(new URL(`${name}.json`, vectorFolder), "utf8"));
}

/** What a check makes of a case: `valid`, or the reason why it is not. */
export type Check = (test: NumberedTest, group: VectorGroup) => string | Promise<string>;

/** Runs every case of a file through the check for its group's type, and counts that none was left out. */
export async function runVectors(name: string, checks: Readonly<Record<string, Check>>): Promise<void> {
  const { numberOfTests, testGroups } = readVectors(name);
  let count = 0;
  const wrong: string[] = [];
  for (const group of testGroups) {
    const check = checks[group.type];
    if (check === undefined) throw new Error(`nothing checks groups of type ${group.type}`);
    for (const test of group.tests) {
      count += 1;
      const expected = test.reason ?? test.result;
      const said = await check(test, group);
      if (said !== expected) wrong.push(`tcId ${test.tcId}, ${test.comment}: ${said}, not ${expected}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBe(numberOfTests);
}
