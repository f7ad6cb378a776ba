import { canHold } from "./can-hold.ts";
import { type ConditionFlaw, type ConditionTest, readTest } from "./condition-test.ts";

/** A condition of AGT's: it holds where all tests of one of its groups do. */
export interface AgtCondition {
  readonly anyOf: readonly (readonly ConditionTest[])[];
}

/**
 * Reads a condition of a rich rule as AGT 4.0.0 does, or says why it never fires or means something else.
 *
 * `or` binds weaker than `and`; there are no parentheses and no `not`.
 */
export function parseAgtCondition(text: string): AgtCondition | ConditionFlaw {
  const anyOf: ConditionTest[][] = [];
  for (const part of splitOutside(text.trim(), " or ")) {
    const group: ConditionTest[] = [];
    for (const source of splitOutside(part.trim(), " and ")) {
      const test = readTest(source);
      if ("flaw" in test) return { flaw: `\`${source.trim()}\`: ${test.flaw}` };
      group.push(test);
    }
    if (!canHold(group)) return { flaw: `\`${part.trim()}\`: nothing can be all of this at once` };
    anyOf.push(group);
  }
  return { anyOf };
}

/** Splits a text at a separator wherever that is not inside of quotes. */
function splitOutside(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let quote = "";
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === "'" || character === '"') {
      quote = character;
    } else if (text.startsWith(separator, at)) {
      parts.push(text.slice(start, at));
      start = at + separator.length;
      at = start - 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
