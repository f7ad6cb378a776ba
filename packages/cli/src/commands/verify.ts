import { printableJson, printableText } from "@tollgate/core/export";
import { type ChainSummary, type VerifyOptions, type VerifyReport, verifyChain } from "@tollgate/core/verify";
import { breakText } from "../break-text.ts";
import { broken, CliError, good } from "../cli-error.ts";
import { grouped, withProgress } from "../progress.ts";
import { openReceiptFiles, type ReceiptFiles } from "../receipt-files.ts";
import { signaturePool } from "../signature-pool.ts";
import type { Terminal } from "../terminal.ts";
import { readTrust, type TrustOptions } from "../trust.ts";

/** What `tollgate verify` was asked for. */
export interface VerifyCommandOptions extends TrustOptions {
  /** Settle for the verdict `bound`. */
  readonly bound?: boolean;
  readonly json?: boolean;
  readonly jobs: number;
}

/** Verifies receipts and says what came of it. */
export async function verify(
  names: readonly string[],
  options: VerifyCommandOptions,
  terminal: Terminal,
): Promise<number> {
  if (options.key === undefined && options.bound !== true) {
    throw new CliError(
      "whose receipts are they? Give --key <file>, or --bound to check no more than that they hold together",
    );
  }
  const trust = await readTrust(options);
  const files = await openReceiptFiles(names, terminal.stdin);
  const report = await withProgress(terminal, files, () => verifyWith(options.jobs, files, trust));
  const isBroken = report.verdict === "broken";
  // Before it is written: whoever reads the pipe may have gone.
  process.exitCode = isBroken ? broken : good;
  await terminal.out.write(
    options.json === true ? `${printableJson(report)}\n` : reportText(report, files, terminal.paint),
  );
  return isBroken ? broken : good;
}

/** With several jobs as many threads check the signatures; all else is checked here, in order. */
async function verifyWith(jobs: number, files: ReceiptFiles, trust: VerifyOptions): Promise<VerifyReport> {
  if (jobs === 1) return verifyChain(files.lines(), trust);
  const signatures = signaturePool(jobs);
  try {
    return await verifyChain(files.lines(), { ...trust, signatures });
  } finally {
    await signatures.close();
  }
}

function reportText(report: VerifyReport, files: ReceiptFiles, paint: Terminal["paint"]): string {
  const { verdict, receipts, chains, open } = report;
  if (verdict === "broken") return brokenText(report, files, paint);
  const count = `${counted(receipts, "receipt")} in ${counted(chains.length, "chain")}`;
  const head =
    verdict === "authentic"
      ? `${paint(["bold", "green"], "authentic")}: ${count}, unbroken and signed by keys that you trust`
      : `${paint(["bold", "yellow"], "bound")}: ${count}, unbroken, but whoever wrote them may have written all of them`;
  const rest =
    open === 0
      ? []
      : [
          `${counted(open, "decision")} let something through and ${open === 1 ? "has" : "have"} no end on record`,
        ];
  return `${[head, ...chains.map((chain) => chainText(chain, paint)), ...rest].join("\n")}\n`;
}

function chainText(
  { chain, receipts, seq, digest, time, kids, closed }: ChainSummary,
  paint: Terminal["paint"],
): string {
  const state = closed ? `closed at ${time}` : paint("yellow", `not closed, last receipt at ${time}`);
  return [
    `chain ${printableText(chain)}: ${counted(receipts, "receipt")}, ${state}`,
    paint("dim", `  #${seq} ${digest}`),
    ...kids.map((kid) => paint("dim", `  key ${kid}`)),
  ].join("\n");
}

function brokenText(
  { receipts, break: found }: VerifyReport,
  files: ReceiptFiles,
  paint: Terminal["paint"],
): string {
  if (found === null) return `${paint(["bold", "red"], "broken")}\n`;
  return `${paint(["bold", "red"], "broken")}: ${printableText(breakText(found, files))}\n${paint("dim", `${counted(receipts, "receipt")} before it hold`)}\n`;
}

function counted(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
}
