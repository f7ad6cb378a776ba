import { once } from "node:events";
import { PassThrough } from "node:stream";
import { parseReceipt } from "@tollgate/core/export";
import { type Receipt, type ReceiptInput, type VerifyOptions, verifyChain } from "@tollgate/core/verify";
import { breakText } from "./break-text.ts";
import { broken, CliError } from "./cli-error.ts";
import type { ReceiptSource } from "./receipt-source.ts";
import { readTrust, type TrustOptions } from "./trust.ts";

/**
 * The receipts of a source, in order: with keys each is verified before it is handed on, without any only its
 * shape is checked: {@link noteUnchecked} tells the user so.
 *
 * @throws CliError naming what is no receipt, or where they are broken; or when there are none.
 */
export async function* checkedReceipts(
  source: ReceiptSource,
  options: TrustOptions,
): AsyncGenerator<Receipt, void, void> {
  const trust = await readTrust(options);
  if (trust.keys !== undefined) {
    for await (const input of verifiedInputs(source, trust)) yield readVerified(input);
    return;
  }
  for await (const input of source.receipts()) {
    try {
      yield parseReceipt(input);
    } catch (error) {
      throw new CliError(`${source.placeOf(source.readLines - 1)} is ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  if (source.readLines === 0) throw new CliError(`there are no receipts in ${source.shown}`);
}

/**
 * What the verifier has found to hold.
 *
 * @throws CliError after the last one that holds.
 */
async function* verifiedInputs(
  source: ReceiptSource,
  options: VerifyOptions,
): AsyncGenerator<ReceiptInput, void, void> {
  const held = new PassThrough({ objectMode: true, highWaterMark: 256 });

  async function* watched(): AsyncGenerator<ReceiptInput, void, void> {
    for await (const input of source.receipts()) {
      yield input;
      // The verifier asks for the next one when it is done with one: this one holds.
      if (!held.write(input)) await Promise.race([once(held, "drain"), once(held, "close")]);
      // The reader has seen enough.
      if (held.destroyed) return;
    }
  }

  const verifying = verifyChain(watched(), options).finally(() => held.end());
  // It is awaited below, but may fail while the reader is busy.
  verifying.catch(() => undefined);
  for await (const input of held) yield input;
  const { break: found } = await verifying;
  if (found !== null) throw new CliError(`broken at ${breakText(found, source)}`, { exitCode: broken });
}

function readVerified(input: ReceiptInput): Receipt {
  if (typeof input === "object" && !ArrayBuffer.isView(input)) return input;
  return JSON.parse(typeof input === "string" ? input : new TextDecoder().decode(input)) as Receipt;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
