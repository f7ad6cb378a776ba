import {
  printableJson,
  type Receipts,
  toAgtAudit,
  toCsv,
  toDsseEnvelope,
  toOtlpLogs,
} from "@tollgate/core/export";
import { checkedReceipts } from "../checked-receipts.ts";
import { good } from "../cli-error.ts";
import type { ExportFormat } from "../export-formats.ts";
import { withReceipts } from "../open-receipts.ts";
import { withProgress } from "../progress.ts";
import type { StoreOption } from "../store-name.ts";
import type { Terminal } from "../terminal.ts";
import { noteUnchecked, type TrustOptions } from "../trust.ts";

/** What `tollgate export` was asked for. */
export interface ExportOptions extends TrustOptions, StoreOption {
  readonly format: ExportFormat;
}

/** Writes receipts in another form to stdout. */
export async function exportReceipts(
  names: readonly string[],
  options: ExportOptions,
  terminal: Terminal,
): Promise<number> {
  await withReceipts(names, options, terminal, (source) =>
    withProgress(terminal, source, async () => {
      const receipts = checkedReceipts(source, options);
      for await (const text of writers[options.format](receipts)) await terminal.out.write(text);
      await terminal.out.flush();
    }),
  );
  noteUnchecked(options, terminal);
  return good;
}

const writers: Readonly<Record<ExportFormat, (receipts: Receipts) => AsyncIterable<string>>> = {
  csv: toCsv,
  dsse: (receipts) => jsonLines(mapped(receipts, toDsseEnvelope)),
  otlp: (receipts) => jsonLines(toOtlpLogs(receipts)),
  agt: (receipts) => jsonArray(toAgtAudit(receipts)),
};

async function* jsonLines(items: AsyncIterable<unknown>): AsyncGenerator<string, void, void> {
  for await (const item of items) yield `${printableJson(item)}\n`;
}

/** One JSON array, as AGT's own export has it, an item a line. */
async function* jsonArray(items: AsyncIterable<unknown>): AsyncGenerator<string, void, void> {
  let before = "[\n";
  for await (const item of items) {
    yield `${before}${printableJson(item)}`;
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

async function* mapped<From, To>(
  items: Iterable<From> | AsyncIterable<From>,
  map: (item: From) => To,
): AsyncGenerator<To, void, void> {
  for await (const item of items) yield map(item);
}
