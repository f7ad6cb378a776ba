import { printableText } from "@tollgate/core/export";
import { proveReceipt, type ReceiptRef } from "@tollgate/core/verify";
import { broken, CliError, good, isTollgateError, trouble } from "../cli-error.ts";
import { withReceipts } from "../open-receipts.ts";
import { withProgress } from "../progress.ts";
import type { StoreOption } from "../store-name.ts";
import type { Terminal } from "../terminal.ts";

/** What `tollgate prove` was asked for. */
export interface ProveOptions extends StoreOption {
  /** An id, or `<chain>#<seq>`. */
  readonly receipt: string;
}

/** Writes the proof that one receipt is in its chain, for somebody who has not got the chain. */
export async function prove(
  names: readonly string[],
  options: ProveOptions,
  terminal: Terminal,
): Promise<number> {
  const which = readRef(options.receipt);
  const proof = await withReceipts(names, options, terminal, (source) =>
    withProgress(terminal, source, async () => {
      try {
        return await proveReceipt(source.receipts(), which);
      } catch (error) {
        if (!isTollgateError(error)) throw error;
        // What is not there cannot be proven; what does not hold is another matter.
        const exitCode = / does not hold/.test(error.message) ? broken : trouble;
        throw new CliError(error.message, { cause: error, exitCode });
      }
    }),
  );
  // In a file it is what it is; on a terminal a chain's name must not steer it.
  const lines = terminal.stdout.isTTY ? proof.split("\n").map(printableText) : [proof];
  await terminal.out.write(lines.join("\n"));
  return good;
}

function readRef(text: string): ReceiptRef {
  const at = text.lastIndexOf("#");
  if (at === -1) return { id: text };
  const seq = Number(text.slice(at + 1));
  if (at === 0 || !/#\d{1,15}$/.test(text)) {
    throw new CliError(`${text} is no receipt: give its id, or <chain>#<sequence>`);
  }
  return { chain: text.slice(0, at), seq };
}
