import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncate,
  ftruncateSync,
  mkdirSync,
  openSync,
  realpathSync,
  write,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";

/** What a file log does to its one open file; tests put one that fails in its place. */
export interface LogFile {
  /** The file's own path, symbolic links resolved. */
  readonly path: string;
  /** Writes some of `bytes` at `position` and answers how many. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  writeSync(bytes: Uint8Array, position: number): number;
  /** Resolves when everything written, and the file's length, would survive a power failure. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  truncateSync(length: number): void;
  close(): void;
}

/** Opens a file for reading and writing, and makes it and its folders where they are missing. */
export function openLogFile(path: string): LogFile {
  const fd = openOrCreate(path);
  return {
    path: realpathSync(path),
    write: async (bytes, position) => (await writeAsync(fd, bytes, 0, bytes.length, position)).bytesWritten,
    writeSync: (bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
    sync: () => fdatasyncAsync(fd),
    truncate: (length) => ftruncateAsync(fd, length),
    truncateSync: (length) => ftruncateSync(fd, length),
    close: () => closeSync(fd),
  };
}

const writeAsync = promisify(write);
const fdatasyncAsync = promisify(fdatasync);
const ftruncateAsync = promisify(ftruncate);

function openOrCreate(path: string): number {
  try {
    return openSync(path, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const fd = openSync(path, "a+");
  closeSync(fd);
  syncFolder(folder);
  return openSync(path, "r+");
}

/** A new file is only there after a power failure if its folder was synced too. */
function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Windows cannot sync a folder, and does not need to.
  }
}
