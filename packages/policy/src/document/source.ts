import { isScalar, LineCounter, type Node, type ParsedNode, parseDocument, type Scalar, visit } from "yaml";
import type { PolicyProblem } from "./problem.ts";

/** How much is told of one thing that is wrong: what it quotes may be endless. */
const mostTold = 1_000;

/** A place in a policy that something is said of. */
export interface Place {
  readonly source: Source;
  /** In characters from the beginning of the file. */
  readonly offset: number;
}

/** One file of a policy, parsed, and what is wrong with it. */
export class Source {
  readonly file: string;
  readonly text: string;
  readonly root: ParsedNode | null;
  readonly problems: PolicyProblem[] = [];
  readonly #lines = new LineCounter();

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      merge: false,
      // Looked for below: the library compares each name with each other one.
      uniqueKeys: false,
    });
    this.root = document.contents;
    for (const { pos, message } of [...document.errors, ...document.warnings]) {
      this.report(pos[0], `this is no YAML: ${message}`);
    }
    visit(document, {
      Alias: (_, { range }) => this.report(range?.[0] ?? 0, "aliases are not used in policies; write it out"),
      Map: (_, { items }) => {
        const names = new Set<unknown>();
        for (const { key } of items) {
          if (!isScalar(key)) continue;
          if (names.has(key.value)) {
            this.report(
              key.range?.[0] ?? 0,
              `this is no YAML: Map keys must be unique, and ${key.value} is there already`,
            );
          }
          names.add(key.value);
        }
      },
      Pair: (_, { key }) => {
        const flaw = flawOfName(key);
        if (flaw !== null) this.report((key as Node | null)?.range?.[0] ?? 0, flaw);
      },
      Scalar: (_, { range, value }) => {
        if (typeof value === "number" && !isKept(value)) {
          this.report(range?.[0] ?? 0, "no such number can be kept; write it as text, in quotes");
        }
      },
      Node: (_, { range, tag }) => {
        if (tag !== undefined && !standardTags.has(tag)) {
          this.report(range?.[0] ?? 0, `the tag ${tag} is not used in policies; leave it out`);
        }
      },
    });
  }

  /** Notes something that is wrong. */
  report(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(Math.min(Math.max(offset, 0), this.text.length));
    const told = message.length > mostTold ? `${message.slice(0, mostTold).toWellFormed()} ...` : message;
    this.problems.push({ file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), message: told });
  }

  /** Where a node begins. */
  place(node: Node | null | undefined): Place {
    return { source: this, offset: node?.range?.[0] ?? 0 };
  }

  /** Where a character of a text is in the file, whether the text is plain, quoted or a block of lines. */
  placeIn(scalar: Scalar, index: number): Place {
    const [start, end] = scalar.range ?? [0, 0];
    const value = String(scalar.value);
    const isBlock = scalar.type === "BLOCK_LITERAL" || scalar.type === "BLOCK_FOLDED";
    let at = isBlock ? this.text.indexOf("\n", start) + 1 : scalar.type === "PLAIN" ? start : start + 1;
    for (let passed = 0; passed <= Math.min(index, value.length - 1); passed++) {
      const char = value.charAt(passed);
      if (char.trim() === "") {
        if (this.text.charAt(at).trim() === "") at += 1;
        continue;
      }
      // What lies between is indentation, or the sign of an escape.
      while (at < end && this.text.charAt(at) !== char) at += 1;
      if (passed === index) return { source: this, offset: at };
      at += 1;
    }
    return { source: this, offset: Math.min(at, end) };
  }
}

/** What is wrong with the name of a member, wherever it is; null when nothing is. */
function flawOfName(key: unknown): string | null {
  if (!isScalar(key)) return "a name is a text; put it in quotes";
  return key.value === "__proto__"
    ? "no member can have this name, which stands for another object's members"
    : null;
}

/** Whether a number is the one that is written: neither rounded nor none at all. */
function isKept(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

const standardTags: ReadonlySet<string> = new Set(
  ["map", "seq", "str", "int", "float", "bool", "null"].map((name) => `tag:yaml.org,2002:${name}`),
);
