import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type Break, receiptLines } from "@tollgate/core/verify";
import { CliError, isTollgateError, systemCause } from "./cli-error.ts";
import { earlierFilesHint } from "./earlier-files.ts";
import type { ReceiptSource } from "./receipt-source.ts";

/** A line of a file, counted from 1. */
interface Place {
  readonly file: string;
  readonly line: number;
}

interface OpenFile {
  readonly name: string;
  readonly bytes: number | null;
}

/**
 * Receipt files that are read one after the other, as the segments of one log.
 *
 * Looks for the files, so that a missing one is told before the work begins; `-` is stdin.
 *
 * @throws CliError naming the first that cannot be read.
 */
export async function openReceiptFiles(
  names: readonly string[],
  stdin: NodeJS.ReadStream,
): Promise<ReceiptSource> {
  if (names.filter((name) => name === "-").length > 1)
    throw new CliError("- (standard input) can be read once only");
  const files: OpenFile[] = [];
  for (const name of names) files.push({ name, bytes: name === "-" ? null : await sizeOf(name) });
  return new FilesInOrder(files, stdin);
}

async function sizeOf(name: string): Promise<number | null> {
  const found = await stat(name).catch((error: unknown) => {
    throw new CliError(`cannot read ${name}: ${systemCause(error)}`, { cause: error });
  });
  if (found.isDirectory()) throw new CliError(`${name} is a directory: name the receipt files in it`);
  return found.isFile() ? found.size : null;
}

class FilesInOrder implements ReceiptSource {
  readonly totalBytes: number | null;
  readonly #files: readonly OpenFile[];
  readonly #stdin: NodeJS.ReadStream;
  /** Which file the lines from an index on come from. */
  readonly #starts: { readonly name: string; readonly index: number }[] = [];
  #readBytes = 0;
  #readLines = 0;
  #endsOpen = false;

  constructor(files: readonly OpenFile[], stdin: NodeJS.ReadStream) {
    this.#files = files;
    this.#stdin = stdin;
    this.totalBytes = files.reduce<number | null>(
      (sum, { bytes }) => (sum === null || bytes === null ? null : sum + bytes),
      0,
    );
  }

  get shown(): string {
    return this.#names().join(", ");
  }

  get readBytes(): number {
    return this.#readBytes;
  }

  get readLines(): number {
    return this.#readLines;
  }

  get endsOpen(): boolean {
    return this.#endsOpen;
  }

  async *receipts(): AsyncGenerator<Uint8Array, void, void> {
    for (const { name } of this.#files) {
      this.#starts.push({ name, index: this.#readLines });
      try {
        for await (const line of receiptLines(this.#chunks(name))) {
          this.#readLines += 1;
          yield line;
        }
      } catch (error) {
        if (error instanceof CliError) throw error;
        const where = this.placeOf(this.#readLines);
        if (isTollgateError(error)) throw new CliError(`${where}: ${error.message}`, { cause: error });
        throw new CliError(`cannot read ${shown(name)}: ${systemCause(error)}`, { cause: error });
      }
    }
  }

  placeOf(index: number): string {
    const { file, line } = this.#placeOf(index);
    return `${shown(file)} line ${line}`;
  }

  hintOf({ index, reason }: Break): string | null {
    if (reason === "not_json" && index === this.#readLines - 1 && this.#endsOpen) {
      return "the last line is cut short, as by a crash: the log removes it when it is opened again";
    }
    const { file, line } = this.#placeOf(index);
    return line !== 1 || file === "-" ? null : earlierFilesHint(file, this.#names());
  }

  #names(): readonly string[] {
    return this.#files.map(({ name }) => name);
  }

  #placeOf(index: number): Place {
    const start = this.#starts.findLast((candidate) => candidate.index <= index);
    return { file: start?.name ?? "-", line: index - (start?.index ?? 0) + 1 };
  }

  async *#chunks(name: string): AsyncGenerator<Uint8Array, void, void> {
    const stream = name === "-" ? this.#stdin : createReadStream(name, { highWaterMark: 64 * 1024 });
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      this.#readBytes += chunk.length;
      this.#endsOpen = chunk.at(-1) !== 0x0a;
      yield chunk;
    }
  }
}

function shown(name: string): string {
  return name === "-" ? "standard input" : name;
}
