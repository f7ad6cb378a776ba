import { once } from "node:events";
import { PassThrough } from "node:stream";
import { parseReceipt } from "@tollgate/core/export";
import { type Receipt, type VerifyOptions, verifyChain } from "@tollgate/core/verify";
import { breakText } from "./break-text.ts";
import { broken, CliError } from "./cli-error.ts";
import { placeText, type ReceiptFiles } from "./receipt-files.ts";
import { readTrust, type TrustOptions } from "./trust.ts";

/**
 * The receipts of the files, in order: with keys each is verified before it is handed on, without any only its
 * shape is checked: {@link noteUnchecked} tells the user so.
 *
 * @throws CliError naming the line that is no receipt, or where they are broken; or when there are none.
 */
export async function* checkedReceipts(
  files: ReceiptFiles,
  options: TrustOptions,
): AsyncGenerator<Receipt, void, void> {
  const trust = await readTrust(options);
  if (trust.keys !== undefined) {
    for await (const line of verifiedLines(files, trust)) yield readVerified(line);
    return;
  }
  for await (const line of files.lines()) {
    try {
      yield parseReceipt(line);
    } catch (error) {
      throw new CliError(`${placeText(files.placeOf(files.readLines - 1))} is ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  if (files.readLines === 0) throw new CliError(`there are no receipts in ${files.names.join(", ")}`);
}

/**
 * The lines that the verifier has found to hold.
 *
 * @throws CliError after the last line that holds.
 */
async function* verifiedLines(
  files: ReceiptFiles,
  options: VerifyOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const held = new PassThrough({ objectMode: true, highWaterMark: 256 });

  async function* watched(): AsyncGenerator<Uint8Array, void, void> {
    for await (const line of files.lines()) {
      yield line;
      // The verifier asks for the next line when it is done with one: this one holds.
      if (!held.write(line)) await Promise.race([once(held, "drain"), once(held, "close")]);
      // The reader has seen enough.
      if (held.destroyed) return;
    }
  }

  const verifying = verifyChain(watched(), options).finally(() => held.end());
  // It is awaited below, but may fail while the reader is busy.
  verifying.catch(() => undefined);
  for await (const line of held) yield line;
  const { break: found } = await verifying;
  if (found !== null) throw new CliError(`broken at ${breakText(found, files)}`, { exitCode: broken });
}

function readVerified(line: Uint8Array): Receipt {
  return JSON.parse(new TextDecoder().decode(line)) as Receipt;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
