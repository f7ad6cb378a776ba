import { printableJson, printableText } from "@tollgate/core/export";
import {
  type ChainSummary,
  type ProofReport,
  type ReceiptInput,
  type VerifyOptions,
  type VerifyReport,
  verifyChain,
} from "@tollgate/core/verify";
import { breakText } from "../break-text.ts";
import { broken, CliError, good } from "../cli-error.ts";
import { withReceipts } from "../open-receipts.ts";
import { grouped, withProgress } from "../progress.ts";
import { checkProof, proofHeader, proofReportText, proofText } from "../proof-text.ts";
import type { ReceiptSource } from "../receipt-source.ts";
import type { StoreOption } from "../store-name.ts";
import type { Terminal } from "../terminal.ts";
import { readTrust, type TrustOptions } from "../trust.ts";

/** What `tollgate verify` was asked for. */
export interface VerifyCommandOptions extends TrustOptions, StoreOption {
  /** Settle for the verdict `bound`. */
  readonly bound?: boolean;
  readonly json?: boolean;
  readonly jobs: number;
}

/** Verifies receipts, or the proof of one, and says what came of it. */
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
  return withReceipts(names, options, terminal, async (source) => {
    const found = await withProgress(terminal, source, () => check(source, options, trust));
    noteUncheckable(found, trust, terminal);
    return tell(found, source, options, terminal);
  });
}

async function tell(
  found: Checked,
  source: ReceiptSource,
  options: VerifyCommandOptions,
  { out, paint }: Terminal,
): Promise<number> {
  const code = found.report.verdict === "broken" ? broken : good;
  // Before it is written: whoever reads the pipe may have gone.
  process.exitCode = code;
  if (options.json === true) await out.write(`${printableJson(found.report)}\n`);
  else if (found.what === "proof") await out.write(proofReportText(found.report, paint));
  else await out.write(reportText(found.report, source, paint));
  return code;
}

/** Tells of heads that a trimmed chain cannot be held against: it may be another than the one that was seen. */
function noteUncheckable(
  { what, report }: Checked,
  { heads = [] }: VerifyOptions,
  { note }: Pick<Terminal, "note">,
): void {
  if (what === "proof" || report.verdict === "broken") return;
  const starts = new Map(report.chains.map(({ chain, from }) => [chain, from]));
  const count = heads.filter(({ chain, seq }) => seq < (starts.get(chain) ?? 0)).length;
  if (count === 0) return;
  const stand = `${counted(count, "head")} of --heads ${count === 1 ? "stands" : "stand"}`;
  note(`${stand} before what is left of the chain: nobody can tell that it goes on from there`);
}

type Checked =
  | { readonly what: "log"; readonly report: VerifyReport }
  | { readonly what: "proof"; readonly report: ProofReport };

/** Verifies what there turns out to be: receipts, or the proof of one. */
async function check(
  source: ReceiptSource,
  { jobs }: VerifyCommandOptions,
  trust: VerifyOptions,
): Promise<Checked> {
  const inputs = source.receipts();
  const first = await inputs.next();
  if (first.done !== true && isProofHeader(first.value)) {
    const text = await proofText(inputs, () => source.endsOpen);
    return { what: "proof", report: checkProof(text, trust) };
  }
  return { what: "log", report: await verifyWith(jobs, resumed(first, inputs), trust) };
}

function isProofHeader(input: ReceiptInput): boolean {
  return ArrayBuffer.isView(input) && Buffer.from(input).equals(Buffer.from(proofHeader));
}

/** With several jobs as many threads check the signatures; all else is checked here, in order. */
async function verifyWith(
  jobs: number,
  inputs: AsyncIterable<ReceiptInput>,
  trust: VerifyOptions,
): Promise<VerifyReport> {
  if (jobs === 1) return verifyChain(inputs, trust);
  const { signaturePool } = await import("@tollgate/core/node");
  const signatures = signaturePool(jobs);
  try {
    return await verifyChain(inputs, { ...trust, signatures });
  } finally {
    await signatures.close();
  }
}

/** All of a stream whose first item has been taken. */
function resumed<Item>(
  first: IteratorResult<Item, void>,
  rest: AsyncGenerator<Item, void, void>,
): AsyncIterable<Item> {
  let taken: IteratorResult<Item, void> | null = first;
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        if (taken === null) return rest.next();
        const next = taken;
        taken = null;
        return Promise.resolve(next);
      },
      return: () => rest.return(),
    }),
  };
}

function reportText(report: VerifyReport, source: ReceiptSource, paint: Terminal["paint"]): string {
  const { verdict, receipts, chains, open } = report;
  if (verdict === "broken") return brokenText(report, source, paint);
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
  { chain, receipts, from, seq, digest, time, kids, closed }: ChainSummary,
  paint: Terminal["paint"],
): string {
  const state = closed ? `closed at ${time}` : paint("yellow", `not closed, last receipt at ${time}`);
  const start = from === 0 ? "" : `, the beginning up to #${from} dropped`;
  return [
    `chain ${printableText(chain)}: ${counted(receipts, "receipt")}${start}, ${state}`,
    paint("dim", `  #${seq} ${digest}`),
    ...kids.map((kid) => paint("dim", `  key ${kid}`)),
  ].join("\n");
}

function brokenText(
  { receipts, break: found }: VerifyReport,
  source: ReceiptSource,
  paint: Terminal["paint"],
): string {
  const head = paint(["bold", "red"], "broken");
  if (found === null) return `${head}\n`;
  const hint = source.hintOf(found);
  return [
    `${head}: ${printableText(breakText(found, source))}`,
    ...(hint === null ? [] : [printableText(hint)]),
    paint("dim", `${counted(receipts, "receipt")} before it hold`),
    "",
  ].join("\n");
}

function counted(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
}
