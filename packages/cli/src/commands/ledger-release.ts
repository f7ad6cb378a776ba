import { formatAmount, printableJson, printableText } from "@tollgate/core/export";
import { good } from "../cli-error.ts";
import type { Terminal } from "../terminal.ts";
import { type OperatorOption, receiptText, withOperator } from "../with-operator.ts";

/** What `tollgate ledger release` was asked for. */
export interface LedgerReleaseOptions extends OperatorOption {
  readonly json?: boolean;
}

/** Gives back what an open reservation holds. */
export async function ledgerRelease(
  id: string,
  options: LedgerReleaseOptions,
  { out }: Terminal,
): Promise<number> {
  const { by, reason, json } = options;
  await withOperator(options, async (operator) => {
    const { reservation, receipt } = await operator.release({ reservation: id, by, reason });
    if (json === true) return out.write(`${printableJson({ reservation: id, receipt })}\n`);
    const held = reservation.claims.map(({ budget, partition, unit, amount }) => {
      const where = partition === "" ? budget : `${budget} (${partition})`;
      return `${formatAmount(unit, amount)} of ${where}`;
    });
    return out.write(`${printableText(`given back: ${held.join(", ")}`)}\n${receiptText(receipt)}\n`);
  });
  return good;
}
