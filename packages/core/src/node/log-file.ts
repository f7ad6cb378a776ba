import {
  closeSync,
  fchmodSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncate,
  ftruncateSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
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
  /**
   * Renames the file to `to` and goes on with an empty one in its place; that the old one is synced by then is
   * the caller's business.
   *
   * @throws whatever renaming and creating files throws; then the file is still the one it was
   */
  rotateSync(to: string): void;
  /** Resolves when the files' names would survive a power failure. */
  syncNames(): Promise<void>;
  close(): void;
}

/** Opens a file for reading and writing, and makes it and its folders where they are missing. */
export function openLogFile(givenPath: string): LogFile {
  let fd = openOrCreate(givenPath);
  const path = realpathSync(givenPath);
  return {
    path,
    write: async (bytes, position) => (await writeAsync(fd, bytes, 0, bytes.length, position)).bytesWritten,
    writeSync: (bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
    sync: () => fdatasyncAsync(fd),
    truncate: (length) => ftruncateAsync(fd, length),
    truncateSync: (length) => ftruncateSync(fd, length),
    rotateSync(to) {
      const next = replaceFile(path, to, fstatSync(fd).mode & 0o777);
      const full = fd;
      fd = next;
      // What was only handed to the operating system goes to the disk without anybody waiting for it.
      fdatasync(full, () => closeSync(full));
    },
    syncNames: async () => syncFolder(dirname(path)),
    close: () => closeSync(fd),
  };
}

/** Puts an empty file in the place of the one at `path`, which becomes `to`, and answers it open. */
function replaceFile(path: string, to: string, mode: number): number {
  // Made first: what fails for want of space or of file descriptors must do so while nothing has changed.
  const next = `${path}.next`;
  const fd = openSync(next, "w+", mode);
  try {
    fchmodSync(fd, mode);
    renameSync(path, to);
    try {
      renameSync(next, path);
    } catch (error) {
      renameSync(to, path);
      throw error;
    }
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
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

/** A new name is only there after a power failure if its folder was synced too. */
function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    // Windows and some network file systems cannot sync a folder.
    if (!unsupported.has(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}

const unsupported: ReadonlySet<string> = new Set(["EPERM", "EACCES", "EISDIR", "EINVAL", "ENOTSUP"]);
