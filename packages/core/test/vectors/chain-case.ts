import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { verifyChain } from "../../src/receipt/verify-chain.ts";
import type { VerifyOptions } from "../../src/receipt/verify-options.ts";
import type { VerifyReport } from "../../src/receipt/verify-report.ts";
import { invalid, type VectorTest, valid } from "./vector-file.ts";

/** A stream of lines, what is asked of it, and what must be answered. */
export interface ChainCase {
  readonly comment: string;
  readonly flags: readonly string[];
  readonly lines: readonly string[];
  readonly options: JsonObject;
  /** The verdict, or the reason, index, chain and sequence number of the break. */
  readonly expected: "authentic" | "bound" | readonly [string, number, string | null, number | null];
}

/** A report as the vectors have it: without messages, which are for people. */
export function reportJson(report: VerifyReport): JsonObject {
  const { verdict, receipts, chains, open, break: found } = report;
  const place =
    found === null ? null : { reason: found.reason, index: found.index, chain: found.chain, seq: found.seq };
  return { verdict, receipts, chains: chains as unknown as JsonValue, open, break: place };
}

/**
 * A case as a test of the vectors, with the verifier's whole report.
 *
 * @throws Error when the verifier says something else than the case.
 */
async function chainTest(test: ChainCase): Promise<VectorTest> {
  const { comment, flags, lines, options, expected } = test;
  const report = await verifyChain(lines, options as VerifyOptions);
  const found = report.break;
  const said = found === null ? report.verdict : [found.reason, found.index, found.chain, found.seq];
  if (JSON.stringify(said) !== JSON.stringify(expected)) {
    throw new Error(
      `"${comment}" came to ${JSON.stringify(said)} (${found?.message}), not ${JSON.stringify(expected)}`,
    );
  }
  const members = { lines, options, report: reportJson(report) };
  return typeof expected === "string"
    ? valid(comment, flags, members)
    : invalid(comment, flags, expected[0], members);
}

/** All cases as tests. */
export async function chainTests(cases: readonly ChainCase[]): Promise<readonly VectorTest[]> {
  const tests: VectorTest[] = [];
  for (const test of cases) tests.push(await chainTest(test));
  return tests;
}
