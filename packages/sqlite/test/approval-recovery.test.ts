import { approvalRecoveryLaws } from "@tollgate/conformance/approval-recovery";
import { describe, it } from "vitest";
import { sqliteApprovals } from "../src/index.ts";
import { tempFile } from "./temp-folder.ts";

describe("receipts of approvals in SQLite that nobody wrote", () => {
  const make = () => {
    const path = tempFile();
    return { open: () => sqliteApprovals(path, { durability: "normal" }) };
  };
  for (const { rule, check } of approvalRecoveryLaws(make)) it(rule, check, 60_000);
});
