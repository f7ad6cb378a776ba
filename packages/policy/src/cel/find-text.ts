import type { Meter } from "./scope.ts";

/** The longest part that engines find in time linear to the text, whatever both are. */
const shortPart = 16;

/**
 * Whether a part is anywhere in a text, in time linear to both.
 *
 * Longer parts are looked for as Knuth, Morris and Pratt do: engines can take the product of both lengths.
 *
 * @throws TooManySteps
 */
export function isPartOf(part: string, text: string, meter: Pick<Meter, "spend">): boolean {
  if (part.length > text.length) return false;
  if (part.length <= shortPart) {
    meter.spend(1 + (text.length >> 6));
    return text.includes(part);
  }
  meter.spend((text.length + part.length) >> 3);
  const backs = backsOf(part);
  for (let at = 0, found = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    while (found > 0 && part.charCodeAt(found) !== unit) found = backs[found - 1] ?? 0;
    if (part.charCodeAt(found) === unit) found += 1;
    if (found === part.length) return true;
  }
  return false;
}

/** For each beginning of a part, how long a shorter beginning it ends with. */
function backsOf(part: string): Uint32Array {
  const backs = new Uint32Array(part.length);
  for (let at = 1, length = 0; at < part.length; at++) {
    const unit = part.charCodeAt(at);
    while (length > 0 && part.charCodeAt(length) !== unit) length = backs[length - 1] ?? 0;
    if (part.charCodeAt(length) === unit) length += 1;
    backs[at] = length;
  }
  return backs;
}
