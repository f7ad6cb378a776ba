import { printableText } from "./printable-text.ts";

/** What a spreadsheet takes for the start of a formula, in ASCII and in full width. */
const formulaStart = /(^|;)([\s"]*)(?=[=+\-@＝＋－＠])/gu;

/**
 * A text from outside as one cell of a CSV row (RFC 4180), harmless in a spreadsheet.
 *
 * A cell that a spreadsheet would compute gets an apostrophe in front of what makes it a formula, which it
 * shows or hides but does not obey; after each semicolon too, for where the locale makes that the separator the
 * comma's quotes are no protection. Control characters and those that reorder text become visible escapes, so
 * that every receipt is one line.
 */
export function textCell(text: string): string {
  return quoted(printableText(text).replace(formulaStart, "$1$2'"));
}

function quoted(text: string): string {
  return /[",;]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
