import { expect, it } from "vitest";
import type { JsonObject } from "../../src/codec/json.ts";
import { verifyChain } from "../../src/receipt/verify-chain.ts";
import type { VerifyOptions } from "../../src/receipt/verify-options.ts";
import { reportJson } from "./chain-case.ts";
import { type Check, readVectors, runVectors } from "./read-vectors.ts";

const verify: Check = async (test) => {
  const lines = test.lines as unknown as readonly string[];
  const report = reportJson(await verifyChain(lines, test.options as VerifyOptions));
  expect(report, test.comment).toEqual(test.report);
  return report.break === null ? "valid" : ((report.break as JsonObject).reason as string);
};

it.each(["chains", "key_rotation", "checkpoints", "trimmed_chains"])(
  "the published vectors of %s hold",
  async (name) => {
    await runVectors(name, { VerifyChain: verify });
  },
);

it("the published vectors show every reason for which a chain breaks", () => {
  const files = ["chains", "key_rotation", "checkpoints", "trimmed_chains"];
  const tests = files.flatMap((name) => readVectors(name).testGroups.flatMap((group) => group.tests));
  expect([...new Set(tests.flatMap(({ reason }) => reason ?? []))].sort()).toEqual([
    "after_close",
    "bad_checkpoint",
    "bad_endorsement",
    "bad_key",
    "bad_signature",
    "decision_repeated",
    "empty",
    "expired_key",
    "fork",
    "malformed",
    "missing_chain",
    "missing_key",
    "missing_tail",
    "no_open_decision",
    "not_canonical",
    "not_json",
    "previous_digest",
    "revoked_key",
    "sequence_gap",
    "sequence_repeat",
    "settlement_mismatch",
    "time_backwards",
    "unexplained_amount",
    "unknown_key",
    "unknown_type",
    "unknown_version",
    "untrusted_key",
  ]);
});
