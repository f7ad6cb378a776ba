import { type FileHandle, open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError, systemCause } from "./cli-error.ts";

/** How a file is followed. */
export interface FollowOptions {
  /** How many bytes before its end to start with; the first line begins after the first line feed there. */
  readonly before: number;
  /** Whether to wait for more at its end, for ever. */
  readonly follow: boolean;
  /** Called each time that all there is has been handed on. */
  readonly onCaughtUp?: () => Promise<void>;
}

/** How long until a file is looked at again. */
const pollMs = 200;
const chunkBytes = 256 * 1024;
const lineFeed = 0x0a;

/**
 * The end of a file in whole lines, and then, if it is followed, what is appended to it. A file that takes its
 * place under the same name, as when a log is rotated, is read from its start once the old one is at its end.
 *
 * What follows the last line feed is kept back until its own comes.
 *
 * @throws CliError when the file cannot be read or was cut.
 */
export async function* followedChunks(
  path: string,
  { before, follow, onCaughtUp }: FollowOptions,
): AsyncGenerator<Uint8Array, void, void> {
  let file = await opened(path);
  try {
    let at = await startOf(file, before);
    let rest: Uint8Array = new Uint8Array(0);
    let next: FileHandle | null = null;
    for (;;) {
      const chunk = Buffer.alloc(chunkBytes);
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, at);
      if (bytesRead > 0) {
        at += bytesRead;
        const text = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
        const end = text.lastIndexOf(lineFeed) + 1;
        rest = text.subarray(end);
        if (end > 0) yield text.subarray(0, end);
      } else if (next !== null) {
        // Only now: more may have been appended to the old one before the new one took its name.
        await file.close();
        [file, next, at, rest] = [next, null, 0, new Uint8Array(0)];
      } else {
        await onCaughtUp?.();
        if (!follow) return;
        await sleep(pollMs);
        next = await replacement(path, file);
        if (next === null && (await file.stat()).size < at) {
          throw new CliError(`${path} was cut while it was followed: receipts that were there are gone`);
        }
      }
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot read ${path}: ${systemCause(error)}`, { cause: error });
  } finally {
    await file.close();
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, "r");
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${systemCause(error)}`, { cause: error });
  }
  throw new CliError(`${path} is no file that could be followed`);
}

/** Where the first whole line begins that stands at most so many bytes before the end. */
async function startOf(file: FileHandle, before: number): Promise<number> {
  const { size } = await file.stat();
  if (size <= before) return 0;
  const chunk = Buffer.alloc(before);
  await file.read(chunk, 0, before, size - before);
  const end = chunk.indexOf(lineFeed);
  return end === -1 ? size : size - before + end + 1;
}

/** The file that has taken the name; null while it is still the same, or none has it. */
async function replacement(path: string, file: FileHandle): Promise<FileHandle | null> {
  const [now, known] = [await stat(path).catch(() => null), await file.stat()];
  return now === null || (now.ino === known.ino && now.dev === known.dev) ? null : opened(path);
}
