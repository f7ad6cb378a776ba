import { readFileSync, statSync } from "node:fs";
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

/** A text has more than one line, a path has one. */
export function originOf(pathOrText: string | URL): Origin {
  // Resolved now: it is the same file also when the process goes to another folder.
  if (pathOrText instanceof URL) return { path: fileURLToPath(pathOrText), text: null };
  return pathOrText.includes("\n")
    ? { path: null, text: pathOrText }
    : { path: resolve(pathOrText), text: null };
}

/**
 * Reads the file of a policy and all that it includes, each once, in the order in which they are named.
 *
 * @throws InvalidPolicy when the first file cannot be read.
 */
export function findFiles({ path, text }: Origin): FoundFiles {
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
    const { size, text } = textIn(file, left);
    left -= size;
    return new Source(nameOf(file), text);
  };
  try {
    found.set(path, read(path));
  } catch (error) {
    const message = `it cannot be read: ${(error as Error).message}`;
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
      if (found.has(next)) {
        report(source, node, `${name} is included already; leave it out`);
      } else if (found.size >= mostFiles) {
        report(source, node, `a policy has at most ${mostFiles} files`);
      } else {
        try {
          found.set(next, read(next));
        } catch (error) {
          report(source, node, `${name} cannot be read: ${(error as Error).message}`);
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

/** What stands in files now, to tell whether it has changed; one that cannot be read has nothing in it. */
export function textOf(files: readonly string[]): string {
  return JSON.stringify(
    files.map((file) => {
      try {
        return textIn(file, mostBytes).text;
      } catch {
        return null;
      }
    }),
  );
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
