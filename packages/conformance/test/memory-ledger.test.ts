import { memoryLedger } from "@tollgate/core";
import { describe, it } from "vitest";
import { ledgerLaws } from "../src/ledger-laws.ts";

describe("the memory ledger", () => {
  for (const { rule, check } of ledgerLaws(() => memoryLedger())) it(rule, check);
});
