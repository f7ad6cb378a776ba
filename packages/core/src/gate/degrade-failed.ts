import { ActionDenied } from "../errors.ts";
import type { Permit } from "./permit.ts";

/** The refusal of a permitted call whose degrade cannot be applied: it must not go out unmodified. */
export function degradeFailed(permit: Permit, reason: string): ActionDenied {
  const { kind, name } = permit.action;
  return new ActionDenied({
    reasonCode: "degrade_failed",
    reason,
    terminal: false,
    receiptId: permit.id,
    action: { kind, name },
  });
}
