/** What came of one Markdown text. */
export interface CheckedMarkdown {
  /** What is wrong, each with its line. */
  readonly problems: readonly string[];
  /** The text with every marked block brought up to date. */
  readonly text: string;
  /** How many blocks are taken from a file. */
  readonly marked: number;
}

/** Reads a file of the repository by its path from the root; null when it is not there. */
export type ReadFile = (path: string) => string | null;

const marker = /^\s*<!-- from (\S+?)(?:#(\S+))? -->$/;
const fence = /^(\s*)(`{3,})(\w*)\s*$/;
const mustBeMarked: ReadonlySet<string> = new Set(["ts", "tsx", "mts", "typescript"]);

/**
 * Compares the fenced code blocks of a Markdown text with the files that they are taken from.
 *
 * A block is taken from the file that a comment on the line before it names, `<!-- from path -->` for all
 * of it or `<!-- from path#region -->` for the lines between `// #region` and `// #endregion`. A TypeScript
 * block without such a comment is a problem: nobody would run it.
 */
export function checkMarkdown(text: string, read: ReadFile): CheckedMarkdown {
  const lines = text.split("\n");
  const output: string[] = [];
  const problems: string[] = [];
  let marked = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    output.push(line);
    const open = fence.exec(line);
    const from = marker.exec(lines[at - 1] ?? "");
    if (open === null) {
      if (from) problems.push(`line ${at + 1}: no code block follows the "from" comment`);
      continue;
    }
    const [, indent = "", ticks = "", language = ""] = open;
    const close = lines.findIndex((candidate, index) => index > at && candidate.trim() === ticks);
    if (close < 0) {
      problems.push(`line ${at + 1}: the code block does not end`);
      continue;
    }
    const block = lines.slice(at + 1, close);
    const wanted = from ? excerpt(from[1] ?? "", from[2], read) : block;
    if (typeof wanted === "string") problems.push(`line ${at + 1}: ${wanted}`);
    else if (!from && mustBeMarked.has(language)) {
      problems.push(`line ${at + 1}: this ${language} block comes from no file that is run`);
    } else if (from) {
      const placed = wanted.map((text) => (text === "" ? "" : indent + text));
      marked += 1;
      if (placed.join("\n") !== block.join("\n")) {
        problems.push(`line ${at + 1}: is not what ${from[1]} says any more`);
      }
      output.push(...placed, lines[close] ?? "");
      at = close;
      continue;
    }
    output.push(...block, lines[close] ?? "");
    at = close;
  }
  return { problems, text: output.join("\n"), marked };
}

/** The lines of a file or of a region of it; a text when they cannot be had. */
function excerpt(path: string, region: string | undefined, read: ReadFile): readonly string[] | string {
  const text = read(path);
  if (text === null) return `there is no file ${path}`;
  const lines = text.replace(/\n$/, "").split("\n");
  if (region === undefined) return lines;

  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  if (start < 0) return `${path} has no region ${region}`;
  const inside: string[] = [];
  let depth = 1;
  for (const line of lines.slice(start + 1)) {
    const isStart = /^\s*\/\/ #region\b/.test(line);
    const isEnd = /^\s*\/\/ #endregion\b/.test(line);
    if (isStart) depth += 1;
    if (isEnd) depth -= 1;
    if (depth === 0) return dedent(inside);
    if (!isStart && !isEnd) inside.push(line);
  }
  return `${path}'s region ${region} does not end`;
}

function dedent(lines: readonly string[]): readonly string[] {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const least = Math.min(...indents);
  return lines.map((line) => line.slice(least));
}
