import { printableJson, printableText } from "@tollgate/core/export";
import { good } from "../cli-error.ts";
import type { Terminal } from "../terminal.ts";
import { type OperatorOption, receiptText, withOperator } from "../with-operator.ts";

/** What `tollgate approvals grant` or `deny` was asked for. */
export interface ApprovalsAnswerOptions extends OperatorOption {
  readonly json?: boolean;
}

/** Answers a request for approval. */
export async function approvalsAnswer(
  id: string,
  status: "granted" | "denied",
  options: ApprovalsAnswerOptions,
  { out }: Terminal,
): Promise<number> {
  const { by, reason, json } = options;
  await withOperator(options, async (operator) => {
    const { approval, receipt } = await operator.answer({ approval: id, status, by, reason });
    if (json === true) return out.write(`${printableJson({ approval, receipt })}\n`);
    const { action, run } = approval;
    const what = `${status}: ${action.kind} ${action.name} of run ${run}`;
    return out.write(`${printableText(what)}\n${receiptText(receipt)}\n`);
  });
  return good;
}
