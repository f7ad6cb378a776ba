import { printableText } from "@tollgate/core/export";
import { type ProofReport, type ReceiptInput, type VerifyOptions, verifyProof } from "@tollgate/core/verify";
import { grouped } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { timelineText } from "./timeline-text.ts";

/** The first line of a proof file (C2SP tlog-proof); no receipt file has such a line. */
export const proofHeader = "c2sp.org/tlog-proof@v1";

/** More than any proof has: 53 hashes, a checkpoint, and a few receipts. */
const longestProof = 64 * 1024 * 1024;

/** Puts the lines of a proof together again, its first one being read already. */
export async function proofText(rest: AsyncIterable<ReceiptInput>, endsOpen: () => boolean): Promise<string> {
  const lines: Uint8Array[] = [];
  let length = 0;
  for await (const line of rest) {
    // Lines of a file are bytes.
    if (!ArrayBuffer.isView(line)) return "";
    length += line.length;
    if (length > longestProof) return "";
    lines.push(line);
  }
  const text = Buffer.concat(lines.flatMap((line) => [Buffer.from("\n"), line])).toString();
  return `${proofHeader}${text}${endsOpen() ? "" : "\n"}`;
}

/** Verifies a proof by the keys that are trusted. */
export function checkProof(text: string, { keys, revoked }: VerifyOptions): ProofReport {
  return verifyProof(text, {
    ...(keys === undefined ? {} : { keys }),
    ...(revoked === undefined ? {} : { revoked }),
  });
}

/** What came of a proof, and what the receipt says that it proves. */
export function proofReportText(
  { verdict, receipt, checkpoint, break: found }: ProofReport,
  paint: Terminal["paint"],
): string {
  if (receipt === null || checkpoint === null) {
    return `${paint(["bold", "red"], "broken")}: ${found?.reason}: ${printableText(found?.message ?? "")}\n`;
  }
  const { chain, seq } = receipt.body;
  const who =
    verdict === "authentic"
      ? `${paint(["bold", "green"], "authentic")}: a key that you trust signed`
      : `${paint(["bold", "yellow"], "bound")}: some key signed`;
  const what = `receipt ${grouped(seq)} of chain ${printableText(chain)}, and the checkpoint of ${grouped(checkpoint.size)} receipts that it is in`;
  const line = timelineText(
    { receipt, decision: receipt.body.type === "decision" ? receipt.body : null },
    { paint, width: Number.POSITIVE_INFINITY, time: (instant) => instant },
  );
  return `${who} ${what}\n${line}`;
}
