import { styleText } from "node:util";
import { printableText } from "@tollgate/core/export";
import { createOutput, type Output } from "./output.ts";
import { withoutPasswords } from "./store-name.ts";

/** How a text may be set off. */
export type Style = "bold" | "dim" | "green" | "yellow" | "red" | "cyan";

/** What the command talks to. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** What was asked for: text or JSON, on stdout. */
  readonly out: Output;
  /** Sets a text off on stdout, where that is a terminal with colours (NO_COLOR is respected). */
  paint(style: Style | readonly Style[], text: string): string;
  /** A line for people, on stderr; passwords in URLs are left out, control characters made visible. */
  note: (text: string) => void;
}

/** The terminal, or the pipes, that this process was given. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    stdin,
    stdout,
    stderr,
    out: createOutput(stdout),
    paint: (style, text) => styleText([style].flat(), text, { stream: stdout }),
    note: (text) => void stderr.write(`tollgate: ${printableText(withoutPasswords(text))}\n`),
  };
}
