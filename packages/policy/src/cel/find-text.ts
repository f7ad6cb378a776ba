import type { Meter } from "./scope.ts";

/** The longest part that is left to engines: they may look at each place of a text for as long as the part is. */
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
    meter.spend(1 + Math.ceil((text.length * part.length) / 64));
    return text.includes(part);
  }
  meter.spend((text.length + part.length) >> 2);
  const units = unitsOf(part);
  const backs = backsOf(units);
  for (let at = 0, found = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    while (found > 0 && units[found] !== unit) found = backs[found - 1] as number;
    if (units[found] === unit) found += 1;
    if (found === units.length) return true;
  }
  return false;
}

/** For each beginning of a part, how long a shorter beginning it ends with. */
function backsOf(units: Uint16Array): Uint32Array {
  const backs = new Uint32Array(units.length);
  for (let at = 1, length = 0; at < units.length; at++) {
    while (length > 0 && units[length] !== units[at]) length = backs[length - 1] as number;
    if (units[length] === units[at]) length += 1;
    backs[at] = length;
  }
  return backs;
}

function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at);
  return units;
}
