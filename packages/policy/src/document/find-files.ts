import { readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isMap, isScalar, isSeq, type Node } from "yaml";
import { InvalidPolicy } from "./problem.ts";
import { report } from "./read-nodes.ts";
import { Source } from "./source.ts";

const mostFiles = 64;
/** How much all files of a policy may have together: whoever loads one waits for it. */
const mostBytes = 1_000_000;

/** Where a policy is: in files, or in a text that includes none. */
export interface Origin {
  /** The first file's path; null for a text. */
  readonly path: string | null;
  readonly text: string | null;
}

/** The files of a policy. */
export interface FoundFiles {
  readonly sources: readonly Source[];
  /** Their absolute paths; none for a text. */
  readonly paths: readonly string[];
}

/** What stood in each file that was looked at, by its absolute path; null where it could not be read. */
export type Looked = Map<string, string | null>;

/** A text has more than one line, a path has one. */
export function originOf(pathOrText: string | URL): Origin {
  // Resolved now: it is the same file also when the process goes to another folder.
  if (pathOrText instanceof URL) return { path: fileURLToPath(pathOrText), text: null };
  return pathOrText.includes("\n")
    ? { path: null, text: pathOrText }
    : { path: resolve(pathOrText), text: null };
}

/**
 * Reads the file of a policy and all that it includes, each once, in the order in which they are named; notes in
 * `looked` what it looked at, also where it throws.
 *
 * A file is one file under all of its names: links are followed. What it includes is relative to the name that it is
 * read by.
 *
 * @throws InvalidPolicy when the first file cannot be read.
 */
export function findFiles({ path, text }: Origin, looked: Looked): FoundFiles {
  if (path === null) {
    if (Buffer.byteLength(text ?? "") > mostBytes) {
      throw new InvalidPolicy([{ file: "policy", line: 1, column: 1, message: tooLarge }]);
    }
    const source = new Source("policy", text ?? "");
    for (const node of includesOf(source)) report(source, node, "only a policy in a file can include others");
    return { sources: [source], paths: [] };
  }
  const found = new Map<string, Source>();
  let left = mostBytes;
  const read = (file: string): Source => {
    looked.set(file, null);
    const { size, text } = textIn(file, left);
    left -= size;
    looked.set(file, text);
    return new Source(nameOf(file), text);
  };
  /** The name that each file was read by. */
  const names = new Map<string, string>();
  try {
    found.set(path, read(path));
    names.set(realpathSync(path), path);
  } catch (error) {
    const message = `it cannot be read: ${whyUnread(path, error)}`;
    throw new InvalidPolicy([{ file: nameOf(path), line: 1, column: 1, message }]);
  }
  // What is found is looked through in turn.
  for (const [file, source] of found) {
    for (const node of includesOf(source)) {
      const name = isScalar(node) ? node.value : null;
      if (typeof name !== "string" || name === "") {
        report(source, node, "include is a list of files, relative to this one");
        continue;
      }
      const next = resolve(dirname(file), name);
      const known = knownName(names, next);
      if (found.has(next)) {
        report(source, node, `${name} is included already; leave it out`);
      } else if (known !== undefined) {
        report(
          source,
          node,
          `${name} is a link to ${nameOf(known)}, which is included already; leave it out`,
        );
      } else if (found.size >= mostFiles) {
        report(source, node, `a policy has at most ${mostFiles} files`);
      } else {
        try {
          found.set(next, read(next));
          names.set(realpathSync(next), next);
        } catch (error) {
          report(source, node, `${name} cannot be read: ${whyUnread(next, error)}`);
        }
      }
    }
  }
  return { sources: [...found.values()], paths: [...found.keys()] };
}

const tooLarge = `the files of a policy have at most ${mostBytes} bytes together`;

/** @throws Error for what is no file, could be read for ever, or has more than so many bytes. */
function textIn(file: string, most: number): { readonly size: number; readonly text: string } {
  const found = statSync(file);
  if (!found.isFile()) throw new Error("it is no file");
  if (found.size > most) throw new Error(tooLarge);
  const bytes = readFileSync(file);
  if (bytes.length > most) throw new Error(tooLarge);
  return { size: bytes.length, text: bytes.toString() };
}

/** The name by which a file was read already, under whatever other name. */
function knownName(names: ReadonlyMap<string, string>, file: string): string | undefined {
  try {
    return names.get(realpathSync(file));
  } catch {
    return undefined;
  }
}

/** Why a file cannot be read, in words that say what to do about links. */
function whyUnread(file: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ELOOP") return "it is a link that leads back to itself; link it to a file";
  const target = code === "ENOENT" ? linkTarget(file) : null;
  if (target !== null) return `it is a link to ${target}, which is not there`;
  return code === "ENOENT" ? "there is no such file" : message;
}

/** Where a link leads; null for what is none. */
function linkTarget(file: string): string | null {
  try {
    return readlinkSync(file);
  } catch {
    return null;
  }
}

/** What stands in files now, read as `findFiles` does; see {@link Looked}. */
export function lookAgain(files: Iterable<string>): Looked {
  let left = mostBytes;
  const looked: Looked = new Map();
  for (const file of files) {
    looked.set(file, null);
    try {
      const { size, text } = textIn(file, left);
      left -= size;
      looked.set(file, text);
    } catch {
      // It stays null: nothing can be read of it.
    }
  }
  return looked;
}

/** Whether the same stands in the same files. */
export function isSame(first: Looked, second: Looked): boolean {
  return first.size === second.size && [...first].every(([file, text]) => second.get(file) === text);
}

/** A file as messages name it: relative to where the process is, if it is below that. */
export function nameOf(path: string): string {
  const name = relative(process.cwd(), path);
  return name.startsWith("..") ? path : name;
}

function includesOf({ root }: Source): readonly Node[] {
  const include = isMap(root) ? root.get("include", true) : undefined;
  if (include === undefined) return [];
  return isSeq(include) ? (include.items as Node[]) : [include as Node];
}
