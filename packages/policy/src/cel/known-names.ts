import { nearestName } from "@tollgate/core/policy";

/** Among more names than this the nearest one is not looked for: it takes time for each of them. */
const mostCompared = 500;
/** How many names are told of. */
const mostListed = 30;

/** The name of a policy's own that was probably meant. */
export function nearestOf(name: string, known: readonly string[]): string | null {
  return known.length > mostCompared ? null : nearestName(name, known);
}

/** Names of a policy's own, as far as they can be read. */
export function listed(known: readonly string[]): string {
  if (known.length === 0) return "none";
  const more = known.length > mostListed ? ` and ${known.length - mostListed} more` : "";
  return known.slice(0, mostListed).join(", ") + more;
}
