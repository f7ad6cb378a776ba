import { approvalRecoveryLaws } from "@tollgate/conformance/approval-recovery";
import type { ApprovalStore } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { sqliteApprovals } from "../src/index.ts";
import { tempFile } from "./temp-folder.ts";

describe("receipts of approvals in SQLite that nobody wrote", () => {
  const make = () => {
    const path = tempFile();
    return { open: () => sqliteApprovals(path, { durability: "normal" }) };
  };
  for (const { rule, check } of approvalRecoveryLaws(make)) it(rule, check, 60_000);
});

describe("the laws of receipts that nobody wrote", () => {
  const faults: Readonly<Record<string, (right: ApprovalStore) => ApprovalStore["expire"]>> = {
    "looks for none that is missing": (right) => (now) => right.expire(now),
    "tells of those that are on record, too": (right) => (now, log) =>
      right.expire(now, log && { async *read() {} }),
  };

  it.each(Object.entries(faults))(
    "notice a store that %s",
    async (_, fault) => {
      const make = () => {
        const path = tempFile();
        return {
          open: () => {
            const right = sqliteApprovals(path, { durability: "normal" });
            const wrong: ApprovalStore = {
              ask: (request, decision) => right.ask(request, decision),
              answer: (id, verdict) => right.answer(id, verdict),
              giveBack: (id, decision) => right.giveBack(id, decision),
              withdraw: (id) => right.withdraw(id),
              expire: fault(right),
              recorded: (approval) => right.recorded?.(approval),
              get: (id) => right.get(id),
              list: (query) => right.list(query),
              close: () => right.close?.(),
            };
            return wrong;
          },
        };
      };
      const laws = approvalRecoveryLaws(make).filter(({ rule }) => / dies,/.test(rule));
      expect(laws).toHaveLength(2);
      for (const { check } of laws) await expect(check()).rejects.toThrow();
    },
    60_000,
  );
});
