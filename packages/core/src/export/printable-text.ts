/**
 * Makes a text from outside safe to show: characters that a terminal obeys, or that hide or reorder what
 * stands beside them, become visible escapes such as `\x1b` or `\u202e`.
 *
 * Escaped are control characters (C0, DEL, C1; Unicode's Cc), format characters (Cf: bidirectional marks and
 * overrides, zero-width characters, tags), line and paragraph separators, and lone surrogates. The result is
 * one line. It cannot be read back: a backslash that was there stays as it is.
 */
export function printableText(text: string): string {
  return text.replace(hidden, escaped);
}

/**
 * Writes a value as JSON on one line that is safe to show, and still the same JSON: what {@link printableText}
 * would escape is written as `\uXXXX`. Bigints are written as strings.
 */
export function printableJson(value: unknown): string {
  const json = JSON.stringify(value, (_, member) =>
    typeof member === "bigint" ? member.toString() : member,
  );
  return json.replace(hidden, (character) => {
    // Outside of strings JSON.stringify writes nothing but ASCII that can be seen.
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}

const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code > 0xffff) return `\\u{${hex}}`;
  return named[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`);
}
