import type { Policy } from "@microsoft/agent-governance-sdk";

/** The agents that a policy holds for; null for all. */
export function agentsOf({ agent, agents }: Policy): ReadonlySet<string> | null {
  const named = new Set([...(agent ? [agent] : []), ...(Array.isArray(agents) ? agents : [])]);
  return named.size === 0 || named.has("*") ? null : named;
}
