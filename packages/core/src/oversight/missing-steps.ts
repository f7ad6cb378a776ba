import type { ReceiptLog } from "../receipt/receipt-log.ts";
import type { Approval } from "./approvals.ts";

/** How long before it was asked for a receipt of an approval may be dated, by another clock. */
const earlierMs = 5 * 60 * 1000;

/** Steps of approvals, by whether they are on record. */
export interface SearchedSteps {
  readonly missing: readonly Approval[];
  readonly told: readonly Approval[];
}

/**
 * Looks through a log for the receipts of steps, each given as the approval that it left; for stores of approvals.
 *
 * @throws what the log throws
 */
export async function searchSteps(
  steps: readonly Approval[],
  log: Pick<ReceiptLog, "read">,
): Promise<SearchedSteps> {
  const missing: Approval[] = [];
  const told: Approval[] = [];
  for (const step of steps) ((await isTold(step, log)) ? told : missing).push(step);
  return { missing, told };
}

async function isTold(
  { id, status, run, requestedAt }: Approval,
  log: Pick<ReceiptLog, "read">,
): Promise<boolean> {
  for await (const { body } of log.read({ run, from: requestedAt - earlierMs })) {
    if (body.type === "approval" && body.approval === id && body.status === status) return true;
  }
  return false;
}
