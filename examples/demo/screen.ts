import { styleText } from "node:util";

/** Where the demo writes to, and what it has claimed so far. */
export interface Screen {
  /** Characters that fit on a line now; on a pipe any number does. */
  room(): number;
  headline(title: string, text: string): void;
  /** Writes a text, broken into lines where there is a width. @default indent two spaces */
  say(text: string, indent?: string): void;
  /** Writes a line of a table as it is. */
  row(line: string): void;
  /** Claims something; a claim that does not hold fails the demo. */
  verdict(holds: boolean, claim: string): void;
  /** The claims that did not hold. */
  readonly failed: readonly string[];
}

/** A screen on a terminal, or on a pipe: then without colours and without breaking lines. */
export function createScreen(stream: NodeJS.WriteStream): Screen {
  const failed: string[] = [];
  const room = (): number => (stream.isTTY ? Math.max(24, stream.columns || 80) : Number.POSITIVE_INFINITY);
  const write = (text: string, first: string, rest: string): void => {
    const lines = wrap(text, room() - rest.length);
    stream.write(`${lines.map((line, index) => `${index === 0 ? first : rest}${line}\n`).join("")}`);
  };
  return {
    room,
    failed,
    headline(title, text) {
      stream.write(`\n${styleText(["bold", "cyan"], title)}\n`);
      write(text, "  ", "  ");
      stream.write("\n");
    },
    say: (text, indent = "  ") => write(text, indent, indent),
    row: (line) => void stream.write(`${line}\n`),
    verdict(holds, claim) {
      if (!holds) failed.push(claim);
      const mark = holds ? styleText("green", "✓") : styleText("red", "✗");
      write(claim, `  ${mark} `, "    ");
    },
  };
}

/** Breaks a text between words. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
