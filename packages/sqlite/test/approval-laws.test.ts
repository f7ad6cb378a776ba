import { approvalLaws } from "@tollgate/conformance/approval-laws";
import { stopLaws } from "@tollgate/conformance/stop-laws";
import type { SharedStopsOptions } from "@tollgate/core/driver";
import { sqliteApprovals, sqliteStops } from "@tollgate/sqlite";
import { describe, it } from "vitest";
import { emptiedFile } from "./emptied-file.ts";

describe("approvals in SQLite", () => {
  const empty = emptiedFile("approvals", "approval_steps");
  const make = () => {
    const path = empty();
    return { open: () => sqliteApprovals(path, { durability: "normal" }) };
  };
  for (const { rule, check } of approvalLaws(make, { runs: 60 })) it(rule, check, 60_000);
});

describe("stops in SQLite", () => {
  const empty = emptiedFile("stops");
  const make = () => {
    const path = empty();
    return {
      open: (options: SharedStopsOptions) => sqliteStops(path, { durability: "normal", ...options }),
    };
  };
  for (const { rule, check } of stopLaws(make, { runs: 60 })) it(rule, check, 60_000);
});
