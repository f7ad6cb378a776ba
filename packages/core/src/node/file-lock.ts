import { closeSync, openSync, readFileSync, readlinkSync, unlinkSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { StorageFailed } from "../errors.ts";

/** Who holds a lock. */
interface Holder {
  readonly host: string;
  /** Where `pid` means something: the Linux pid namespace (pid_namespaces(7)); null on other systems. */
  readonly space: string | null;
  readonly pid: number;
  /** When the process started, in the system's own terms; null where the system does not tell. */
  readonly start: string | null;
}

/**
 * Makes this process the one writer of `path` and answers how to end that.
 *
 * The lock is the file `path` + `.lock`, which names its holder. One left behind by a process that is gone
 * is taken over; a process id that was given to another process since does not count, where the system tells
 * when processes started. A holder on another host, or in another container (pid namespace), can never be
 * known to be gone: its process ids are not this system's.
 *
 * @throws StorageFailed when there is another holder.
 */
export function lockFile(path: string): () => void {
  const lock = `${path}.lock`;
  const mine: Holder = {
    host: hostname(),
    space: pidSpace(),
    pid: process.pid,
    start: startOf(process.pid),
  };
  const text = JSON.stringify(mine);
  if (!createExclusively(lock, text)) {
    removeStale(path, lock);
    if (!createExclusively(lock, text)) throw held(path, lock, "another process took it just now");
  }
  return () => {
    if (readText(lock) === text) unlinkSync(lock);
  };
}

/** Removes a lock whose holder is gone: one process at a time, lest one removes what another just took. */
function removeStale(path: string, lock: string): void {
  refuseLiving(path, lock);
  const turn = `${lock}.takeover`;
  if (!createExclusively(turn, "")) {
    throw new StorageFailed(
      `another process is taking ${lock} over; try again, and delete ${turn} if it stays`,
    );
  }
  try {
    if (refuseLiving(path, lock)) unlinkSync(lock);
  } finally {
    unlinkSync(turn);
  }
}

/** Whether there is a lock at all; throws when its holder may be alive. */
function refuseLiving(path: string, lock: string): boolean {
  const text = readText(lock);
  if (text === null) return false;
  const holder = parseHolder(text);
  if (holder === null) throw held(path, lock, "its lock does not say by whom");
  if (holder.host !== hostname()) throw held(path, lock, `process ${holder.pid} on ${holder.host}`);
  if (holder.space !== pidSpace()) {
    throw held(path, lock, `process ${holder.pid} in another container of ${holder.host}`);
  }
  if (isAlive(holder)) {
    throw held(path, lock, holder.pid === process.pid ? "this process" : `process ${holder.pid}`);
  }
  return true;
}

function held(path: string, lock: string, by: string): StorageFailed {
  return new StorageFailed(
    `${path} is open for writing already (${by}), and it can have one writer only; ` +
      `close that one, or delete ${lock} if it is gone for sure`,
  );
}

function isAlive({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Not being allowed to signal a process shows that it is there.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const actual = startOf(pid);
  return start === null || actual === null || start === actual;
}

/** Linux: the boot and the clock tick at which a process started (proc(5), /proc/pid/stat, field 22). */
function startOf(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`);
  const boot = readText("/proc/sys/kernel/random/boot_id");
  if (stat === null || boot === null) return null;
  // The second field is the command in parentheses, which may hold spaces and parentheses itself.
  const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  return ticks === undefined ? null : `${boot.trim()}/${ticks}`;
}

/** Two namespaces of one boot never have the same name; one that is not told is not this one. */
function pidSpace(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const { host, space, pid, start } = JSON.parse(text);
    const isHolder = typeof host === "string" && Number.isSafeInteger(pid) && pid > 0;
    return isHolder ? { host, space: textOrNull(space), pid, start: textOrNull(start) } : null;
  } catch {
    return null;
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** False when the file is there already. */
function createExclusively(path: string, text: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, "wx");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new StorageFailed(`cannot create ${path}`, { cause: error });
  }
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
  return true;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
