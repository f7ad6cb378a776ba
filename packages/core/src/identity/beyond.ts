import { covers } from "../action/capability.ts";
import type { Subject } from "../action/subject.ts";
import type { CallerField } from "./identity.ts";

/**
 * Whether `claims` go beyond what is granted: the first field that does, or null.
 *
 * A field may be said as it is granted. A lower capability may be said, since that gives something up; leaving a
 * granted field out may not, since rules that refuse by it would no longer see it. What is not granted may be
 * said only where `fills` lists it.
 */
export function beyond(
  granted: Subject,
  claims: Subject,
  fills: readonly CallerField[],
): keyof Subject | null {
  for (const field of Object.keys(claims) as (keyof Subject)[]) {
    const claimed = claims[field];
    if (claimed === granted[field]) continue;
    if (field === "capability") {
      const { capability: lower } = claims;
      if (granted.capability !== undefined && lower !== undefined && covers(granted.capability, lower))
        continue;
    } else if (granted[field] === undefined && (fills as readonly string[]).includes(field)) continue;
    return field;
  }
  return null;
}

/** What was claimed in words for a person. */
export function claimText(claims: Subject, field: keyof Subject): string {
  const claimed = claims[field];
  return claimed === undefined ? `leaving out its ${field}` : `${field} "${claimed}"`;
}
