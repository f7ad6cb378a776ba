import type { Policy } from "@microsoft/agent-governance-sdk";
import type { AgtFinding } from "./lint-rich.ts";
import { agentsOf } from "./policy-agents.ts";

/**
 * Finds policies that deny by default and do not: of all that hold for an agent AGT takes the default of the one that
 * was loaded first.
 */
export function lintDefaults(policies: readonly Policy[]): readonly AgtFinding[] {
  const read = policies.map((policy) => ({ policy, agents: agentsOf(policy) }));
  const lost = new Map<Policy, Policy>();
  // One agent stands for all that no policy names.
  for (const agent of new Set([null, ...read.flatMap(({ agents }) => [...(agents ?? [])])])) {
    const [first, ...others] = read
      .filter(({ agents }) => agents === null || (agent !== null && agents.has(agent)))
      .map(({ policy }) => policy);
    if (first?.default_action !== "allow") continue;
    for (const other of others) if (other.default_action === "deny") lost.set(other, first);
  }
  return [...lost].map(([{ name }, first]) => ({
    where: `policy "${name}"`,
    problem:
      `its default_action deny is not looked at: that of policy "${first.name}" counts, which was loaded before; ` +
      "load this one first, or write default_action: allow in it",
  }));
}
