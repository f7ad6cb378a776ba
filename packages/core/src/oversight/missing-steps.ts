import type { Awaitable } from "../awaitable.ts";
import type { ReceiptLog } from "../receipt/receipt-log.ts";
import type { Approval } from "./approvals.ts";

/** How long before it was asked for a receipt of an approval may be dated, by another clock. */
const earlierMs = 5 * 60 * 1000;

/**
 * Looks through a log for the receipts of steps, each given as the approval that it left, and answers those that have
 * none; `recorded` is told of the others. For stores of approvals, which miss them again later where the log fails.
 */
export async function missingSteps(
  steps: readonly Approval[],
  log: Pick<ReceiptLog, "read">,
  recorded: (step: Approval) => Awaitable<void>,
): Promise<readonly Approval[]> {
  const missing: Approval[] = [];
  try {
    for (const step of steps) {
      if (await isTold(step, log)) await recorded(step);
      else missing.push(step);
    }
  } catch {
    // What was found to be missing is; whoever waits for the log or the store is told of their failures elsewhere.
  }
  return missing;
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
