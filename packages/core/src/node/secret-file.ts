import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { InvalidConfig, messageOf } from "../errors.ts";

/** No key is longer; a mistaken path may be. */
const maxBytes = 64 * 1024;

/**
 * Reads a file that holds a secret.
 *
 * @throws InvalidConfig naming the file when it cannot be read, is no small file, or others may read or change
 * it (any of the mode bits 0077; not asked on Windows, which has none).
 */
export function readSecretFile(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    throw new InvalidConfig(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
  try {
    // Of the open file: whoever may change the path cannot put another one in its place meanwhile.
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > maxBytes) throw new InvalidConfig(path, "is no key file");
    const mode = stat.mode & 0o777;
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      const octal = mode.toString(8).padStart(4, "0");
      throw new InvalidConfig(
        path,
        `is open to others (mode ${octal}), so the key may be known: run chmod 600 on it, or make a new key`,
      );
    }
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes a secret to a new file that nobody else can read (mode 0600), durably.
 *
 * @throws InvalidConfig naming the file when it is there already, or cannot be written; then there is none.
 */
export function writeSecretFile(path: string, text: string): void {
  let fd: number;
  try {
    fd = openSync(path, "wx", 0o600);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    const problem = isThere ? "is there already, and a key is never overwritten" : messageOf(error);
    throw new InvalidConfig(path, problem, { cause: error });
  }
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } catch (error) {
    rmSync(path, { force: true });
    throw new InvalidConfig(path, `cannot be written: ${messageOf(error)}`, { cause: error });
  } finally {
    closeSync(fd);
  }
}
