import { type CodePoints, codePointsOf, type Range, rangesBeside } from "./code-points.ts";

/** A pattern as a tree. */
export type PatternNode =
  | { readonly type: "one"; readonly points: CodePoints }
  | { readonly type: "begin" | "end" }
  | { readonly type: "all"; readonly parts: readonly PatternNode[] }
  | { readonly type: "any"; readonly parts: readonly PatternNode[] }
  | { readonly type: "repeat"; readonly part: PatternNode; readonly least: number; readonly most: number };

/** A pattern that was read. */
export interface ReadPattern {
  readonly node: PatternNode;
  /** Whether upper and lower case are alike. */
  readonly foldCase: boolean;
}

/** A pattern that cannot be used: where, and why. */
export class PatternFlaw extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const mostRepeats = 100;
const mostNested = 20;
/** The longest pattern: long classes cost at every character. */
const mostChars = 1_000;

/**
 * Reads the part of RE2's syntax that can be matched in linear time: text, `.`, classes, groups, `|`, `^`, `$`,
 * `* + ? {n,m}` and `(?i)` at the beginning.
 *
 * @throws PatternFlaw for anything else, such as back references and look-around.
 */
export function readPattern(source: string): ReadPattern {
  if (source.length > mostChars) throw new PatternFlaw(mostChars, `it has more than ${mostChars} characters`);
  const reader = new Reader(source);
  const node = reader.alternatives(0);
  if (!reader.atEnd) throw reader.flaw('")" closes nothing; write "\\)" for the character');
  return { node, foldCase: reader.foldCase };
}

class Reader {
  readonly foldCase: boolean;
  readonly #chars: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.foldCase = source.startsWith("(?i)");
    this.#chars = [...source];
    if (this.foldCase) this.#at = 4;
  }

  get atEnd(): boolean {
    return this.#at >= this.#chars.length;
  }

  flaw(message: string, at = this.#at): PatternFlaw {
    return new PatternFlaw(at, message);
  }

  alternatives(depth: number): PatternNode {
    if (depth > mostNested) throw this.flaw(`groups nest more than ${mostNested} deep`);
    const parts = [this.#sequence(depth)];
    while (this.#take("|")) parts.push(this.#sequence(depth));
    return parts.length === 1 ? (parts[0] as PatternNode) : { type: "any", parts };
  }

  #sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    while (!this.atEnd && this.#peek() !== "|" && this.#peek() !== ")") {
      parts.push(this.#repeated(this.#piece(depth)));
    }
    return { type: "all", parts };
  }

  #piece(depth: number): PatternNode {
    const start = this.#at;
    const char = this.#next();
    switch (char) {
      case "(": {
        if (this.#take("?") && !this.#take(":")) {
          throw this.flaw('only "(?:" is known of groups that begin with "(?"', start);
        }
        const inner = this.alternatives(depth + 1);
        if (!this.#take(")")) throw this.flaw('"(" is not closed', start);
        return inner;
      }
      case ".":
        return { type: "one", points: codePointsOf([[10, 10]], true) };
      case "^":
        return { type: "begin" };
      case "$":
        return { type: "end" };
      case "[":
        return { type: "one", points: this.#class(start) };
      case "\\":
        return { type: "one", points: this.#escape(start) };
      case "*":
      case "+":
      case "?":
      case "{":
        throw this.flaw(`"${char}" repeats nothing; write "\\${char}" for the character`, start);
      default:
        return { type: "one", points: codePointsOf([rangeOf(char)]) };
    }
  }

  #repeated(part: PatternNode): PatternNode {
    const start = this.#at;
    const [least, most] = this.#take("*")
      ? [0, Number.POSITIVE_INFINITY]
      : this.#take("+")
        ? [1, Number.POSITIVE_INFINITY]
        : this.#take("?")
          ? [0, 1]
          : this.#counts();
    if (least === 1 && most === 1) return part;
    if (part.type === "begin" || part.type === "end") throw this.flaw("an anchor cannot be repeated", start);
    // Which of several matches is taken makes no difference to whether there is one.
    this.#take("?");
    if (["*", "+", "?", "{"].includes(this.#peek())) throw this.flaw("what is repeated is repeated again");
    return { type: "repeat", part, least, most };
  }

  #counts(): readonly [number, number] {
    if (this.#peek() !== "{") return [1, 1];
    const start = this.#at;
    const text = this.#chars.slice(start, start + 10).join("");
    const found = /^\{(\d{1,3})(,(\d{0,3}))?\}/.exec(text);
    if (found === null) throw this.flaw('write "{2}", "{2,}" or "{2,5}", or "\\{" for the character');
    this.#at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] ? Number(found[3]) : Number.POSITIVE_INFINITY;
    const highest = Number.isFinite(most) ? most : least;
    if (highest > mostRepeats || most < least || most === 0) {
      throw this.flaw(
        `repeats from 0 up to ${mostRepeats} times can be counted, the lower number first`,
        start,
      );
    }
    return [least, most];
  }

  #class(start: number): CodePoints {
    const isNegated = this.#take("^");
    const ranges: Range[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== "]"; isFirst = false) {
      if (this.atEnd) throw this.flaw('"[" is not closed', start);
      const at = this.#at;
      const char = this.#next();
      if (char === "[") throw this.flaw('write "\\[" for the character inside of a class', at);
      if (char === "\\") {
        const escaped = this.#escape(at);
        ranges.push(...(escaped.isNegated ? rangesBeside(escaped) : escaped.ranges));
        continue;
      }
      if (this.#peek() !== "-" || this.#chars[this.#at + 1] === "]") {
        ranges.push(rangeOf(char));
        continue;
      }
      this.#next();
      const [from, to] = [codeOf(char), codeOf(this.#next())];
      if (to < from || to === 92) throw this.flaw("the range has no beginning or no end", at);
      ranges.push([from, to]);
    }
    this.#next();
    return codePointsOf(ranges, isNegated);
  }

  #escape(start: number): CodePoints {
    const char = this.#next();
    const known = escapes[char];
    if (known !== undefined) return codePointsOf(known);
    const others = escapes[char.toLowerCase()];
    if (others !== undefined && "DWS".includes(char)) return codePointsOf(others, true);
    if (/[A-Za-z0-9]/.test(char) || char === "") {
      throw this.flaw(`"\\${char}" is not known; there are \\d \\w \\s \\D \\W \\S \\n \\r \\t`, start);
    }
    return codePointsOf([rangeOf(char)]);
  }

  #peek(): string {
    return this.#chars[this.#at] ?? "";
  }

  #next(): string {
    const char = this.#peek();
    this.#at += 1;
    return char;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }
}

const escapes: Readonly<Record<string, readonly Range[]>> = {
  d: [[48, 57]],
  w: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  s: [
    [9, 10],
    [12, 13],
    [32, 32],
  ],
  n: [[10, 10]],
  r: [[13, 13]],
  t: [[9, 9]],
};

function rangeOf(char: string): Range {
  const code = codeOf(char);
  return [code, code];
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? -1;
}
